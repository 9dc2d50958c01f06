package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mealplanner/mealplanner/pkg/account/access"
)

// maxBody bounds what is sent.
const maxBody = 64 << 10

// caller is the token that asks.
type caller struct {
	access.Token
	effect string // names what the request does, the same when it is repeated; "" = it never is
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// headers keep answers out of caches, frames and guesses. No other site may read them: there is no
// CORS, and no cookie is looked at.
func headers(h http.Header) {
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Vary", "Authorization")
}

// guard is what every operation goes through: texts must be texts, somebody must ask, a repeated
// request gets its answer again, and a GET says when nothing has changed.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers(w.Header())
		body, p := read(w, r)
		if p != nil {
			write(w, p)
			return
		}
		t, p := a.authenticate(r)
		if p != nil {
			write(w, p)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c := caller{Token: t}
		key := r.Header.Get("Idempotency-Key")
		if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
			answer := record(next, r, c)
			answer.conditional(r)
			answer.send(w)
			return
		}
		a.once(w, r, next, c, attempt{key, body})
	})
}

// read returns the request's body, and refuses what is no text in it or in the address.
func read(w http.ResponseWriter, r *http.Request) ([]byte, *Problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, newProblem(http.StatusRequestEntityTooLarge, "too_large", "The body is longer than 64 KiB: send less.")
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "malformed", "The body cannot be read: send it anew.")
	}
	query, err := queryText(r)
	switch {
	case err != nil || !text(r.URL.Path) || !text(query):
		return nil, newProblem(http.StatusBadRequest, "malformed", "The address holds characters that are none: encode it as UTF-8, without NUL.")
	case !text(string(body)) || bytes.Contains(bytes.ToLower(body), []byte(`\u0000`)):
		return nil, newProblem(http.StatusBadRequest, "malformed", "The body holds characters that are none: send UTF-8, without NUL.")
	}
	return body, nil
}

// queryText returns the texts of the query.
func queryText(r *http.Request) (string, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for k, vs := range values {
		b.WriteString(k)
		for _, v := range vs {
			b.WriteString(v)
		}
	}
	return b.String(), nil
}

func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// authenticate finds the token that asks. What it says of others is nowhere repeated.
func (a *API) authenticate(r *http.Request) (access.Token, *Problem) {
	challenge := `Bearer realm="mealplanner"`
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || secret == "" {
		p := newProblem(http.StatusUnauthorized, "unauthorized", "Send a token: Authorization: Bearer mp_... The account page makes one.")
		p.headers.Set("WWW-Authenticate", challenge)
		return access.Token{}, p
	}
	t, err := a.Tokens.Use(r.Context(), strings.TrimSpace(secret))
	if err != nil {
		p := a.problem(r.Context(), err)
		if p.Status == http.StatusUnauthorized {
			p.headers.Set("WWW-Authenticate", challenge+`, error="invalid_token"`)
		}
		return t, p
	}
	return t, nil
}

// scoped refuses tokens that lack a scope.
func (a *API) scoped(scopes []access.Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		t := callerOf(ctx.Context())
		for _, s := range scopes {
			if !t.May(s) {
				p := newProblem(http.StatusForbidden, "insufficient_scope", "This token may not do that: it lacks the scope "+string(s)+". Make one that has it on the account page.")
				p.headers.Set("WWW-Authenticate", `Bearer realm="mealplanner", error="insufficient_scope", scope="`+access.Names(scopes)+`"`)
				_, w := humago.Unwrap(ctx)
				write(w, p)
				return
			}
		}
		next(ctx)
	}
}

// attempt is a request under a key.
type attempt struct {
	key  string
	body []byte
}

// digest is what makes requests the same.
func (t attempt) digest(r *http.Request) []byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.RequestURI()), t.body} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return h.Sum(nil)
}

const maxKey = 255

// settleWithin bounds the time that storing an answer takes.
const settleWithin = 5 * time.Second

// once carries out a request unless it was before, under the same key of the same token.
func (a *API) once(w http.ResponseWriter, r *http.Request, next http.Handler, c caller, t attempt) {
	if len(t.key) > maxKey || strings.ContainsFunc(t.key, func(c rune) bool { return c < '!' || c > '~' }) {
		write(w, newProblem(http.StatusBadRequest, "malformed", "Idempotency-Key: send 1 to 255 visible characters of ASCII, a new UUID for instance."))
		return
	}
	claim, err := a.Answers.Claim(r.Context(), c.ID, t.key, t.digest(r))
	switch {
	case err != nil:
		write(w, a.problem(r.Context(), err))
		return
	case claim.Answer != nil:
		var kept recorded
		if err := json.Unmarshal(claim.Answer, &kept); err != nil {
			write(w, a.problem(r.Context(), err))
			return
		}
		kept.Header.Set("Idempotency-Replayed", "true")
		kept.send(w)
		return
	case claim.ID == nil:
		p := newProblem(http.StatusConflict, "under_way", "Idempotency-Key: the first request with this key is under way: ask again in a second.")
		p.headers.Set("Retry-After", "1")
		write(w, p)
		return
	}
	c.effect = hex.EncodeToString(claim.Effect)
	settle := func(ctx context.Context, answer []byte) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
		if err := a.Answers.Settle(ctx, c.ID, t.key, claim.ID, answer); err != nil {
			_ = a.problem(ctx, err) // logs it; the key is free again in two minutes
		}
	}
	settled := false
	defer func(ctx context.Context) {
		if !settled { // a bug ended the handler
			settle(ctx, nil)
		}
	}(r.Context())
	answer := record(next, r, c)
	var kept []byte
	if answer.Status < http.StatusMultipleChoices {
		if kept, err = json.Marshal(answer); err != nil {
			kept = nil
		}
	}
	settle(r.Context(), kept)
	settled = true
	answer.send(w)
}

// recorded is an answer before it is sent.
type recorded struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// record lets the handler answer the caller.
func record(next http.Handler, r *http.Request, c caller) *recorded {
	out := &recorded{Header: http.Header{}}
	next.ServeHTTP(&recorder{out}, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	if out.Status == 0 {
		out.Status = http.StatusOK
	}
	return out
}

type recorder struct{ out *recorded }

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.out.Header }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	if w.out.Status == 0 {
		w.out.Status = status
	}
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.out.Body = append(w.out.Body, b...)
	return len(b), nil
}

// conditional gives the answer to a GET a tag, and says so if the client has it.
func (o *recorded) conditional(r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || o.Status != http.StatusOK {
		return
	}
	tag := o.Header.Get("ETag")
	if tag == "" {
		tag = tagOf(o.Body)
		o.Header.Set("ETag", tag)
	}
	if have := r.Header.Get("If-None-Match"); have == "*" || slices.Contains(tags(have), strings.Trim(tag, `"`)) {
		o.Status, o.Body = http.StatusNotModified, nil
		o.Header.Del("Content-Type")
	}
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return quote(hex.EncodeToString(sum[:8]))
}

func quote(tag string) string { return `"` + tag + `"` }

// tags are the entity tags of a header, without quotes.
func tags(header string) []string {
	var out []string
	for t := range strings.SplitSeq(header, ",") {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		if len(t) > 1 && t[0] == '"' && t[len(t)-1] == '"' {
			out = append(out, t[1:len(t)-1])
		}
	}
	return out
}

func (o *recorded) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), o.Header)
	w.WriteHeader(o.Status)
	_, _ = w.Write(o.Body) // the client went away
}
