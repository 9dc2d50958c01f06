package tandoortest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reply is an answer in the making.
type reply struct {
	status int
	body   any
	page   string // HTML instead of body
	header map[string]string
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func created(body any) reply { return reply{status: http.StatusCreated, body: body} }

func noContent() reply { return reply{status: http.StatusNoContent} }

func detailed(status int, text string) reply {
	return reply{status: status, body: map[string]any{"detail": text}}
}

func invalid(fields map[string]any) reply { return reply{status: http.StatusBadRequest, body: fields} }

func required(field string) reply {
	return invalid(map[string]any{field: []string{"This field is required."}})
}

func noSuch(model string) reply {
	return detailed(http.StatusNotFound, "No "+model+" matches the given query.")
}

// crash is what an error Tandoor does not expect looks like with DEBUG off.
func crash() reply {
	return reply{status: http.StatusInternalServerError, page: "Server Error (500)"}
}

type handler func(r *http.Request) reply

// holder takes the reply out of a mux handler.
type holder struct {
	header http.Header
	rep    reply
}

func (h *holder) Header() http.Header { return h.header }

func (h *holder) Write(b []byte) (int, error) { return len(b), nil }

func (h *holder) WriteHeader(int) {}

// access says who may use a route.
type access int

type methods map[string]handler

func (s *Server) handle(path string, who access, m methods) {
	if !strings.HasSuffix(path, "}") {
		path += "{$}"
	}
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		h, isHolder := w.(*holder)
		if !isHolder {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.host = r.Host
		if rep := s.refused(r, who); rep != nil {
			h.rep = *rep
			return
		}
		do, allowed := m[r.Method]
		if !allowed {
			h.rep = detailed(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", r.Method))
			return
		}
		h.rep = do(r)
	})
}

func (s *Server) refused(r *http.Request, who access) *reply {
	if who == anyone {
		return nil
	}
	no := func(text string) *reply { rep := detailed(http.StatusForbidden, text); return &rep }
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		value = r.URL.Query().Get("access_token")
	}
	tok, known := s.opt.Tokens[value]
	if !known || (!tok.Expires.IsZero() && !s.opt.Now().Before(tok.Expires)) {
		return no("Authentication credentials were not provided.")
	}
	need := "write"
	switch {
	case who == mealplanScope:
		need = "mealplan"
	case r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions:
		need = "read"
	}
	if who == planScope && (s.opt.Version == "2.5.0" || s.opt.Version == "2.5.1") && !slices.Contains(strings.Fields(tok.Scope), "mealplan") {
		return no("You do not have permission to perform this action.")
	}
	if tok.NoSpace || !slices.Contains(strings.Fields(tok.Scope), need) {
		return no("You do not have permission to perform this action.")
	}
	return nil
}

// pathID reads the {id} of the route; 0 matches nothing.
func pathID(r *http.Request) int {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0
	}
	return id
}

var bodyKinds = []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}

// input reads a JSON body, which must say that it is one.
func input(r *http.Request) (map[string]any, *reply) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength != 0 && (err != nil || !slices.Contains(bodyKinds, kind)) {
		rep := detailed(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", kind))
		return nil, &rep
	}
	var m map[string]any
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 8<<20)).Decode(&m); err != nil {
		rep := detailed(http.StatusBadRequest, "JSON parse error - "+err.Error())
		return nil, &rep
	}
	return m, nil
}

// decimal reads a number, or a string with point or comma; "" is 0.
func decimal(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.Replace(cmp.Or(v, "0"), ",", ".", 1), 64)
		return f, err == nil
	default:
		return 0, false
	}
}

// paginate cuts a page out of rows, clamping its size without a word.
func (s *Server) paginate(r *http.Request, rows []any, def, most int, stamped bool) reply {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("page_size"))
	if err != nil || size < 1 {
		size = def
	}
	size = min(size, most)
	page := 1
	if v := q.Get("page"); v != "" {
		if page, err = strconv.Atoi(v); err != nil || page < 1 {
			return detailed(http.StatusNotFound, "Invalid page.")
		}
	}
	from := (page - 1) * size
	if from > 0 && from >= len(rows) {
		return detailed(http.StatusNotFound, "Invalid page.")
	}
	to := min(from+size, len(rows))
	link := func(n int, there bool) any {
		if !there {
			return nil
		}
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		return "http://" + r.Host + s.opt.Prefix + r.URL.Path + "?" + q.Encode()
	}
	results := slices.Clone(rows[from:to])
	if results == nil {
		results = []any{}
	}
	body := map[string]any{"count": len(rows), "next": link(page+1, to < len(rows)), "previous": link(page-1, page > 1), "results": results}
	if stamped {
		body["timestamp"] = s.stamp(s.opt.Now())
	}
	return ok(body)
}

// stamp writes a time as Tandoor does: in its own zone, "Z" for UTC.
func (s *Server) stamp(t time.Time) string {
	return t.In(s.opt.Location).Format("2006-01-02T15:04:05.999999Z07:00")
}
