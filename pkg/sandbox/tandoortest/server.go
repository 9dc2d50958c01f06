// Package tandoortest is a stand-in for a Tandoor 2.6 server: an http.Handler with the
// real contract, its traps included, over a library kept in memory. Tests and the sandbox
// use it; it stores nothing on disk and shows one of its spaces at a time.
package tandoortest

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Version is the release whose behaviour is copied.
const Version = "2.6.12"

// DefaultToken may read and write when [Options.Tokens] is empty.
const DefaultToken = "tda_sandbox_0000_4000_8000_000000000000"

// Token is what a bearer token may do.
type Token struct {
	Scope   string    // words of read, write, mealplan
	Expires time.Time // zero = never
	NoSpace bool      // its user belongs to no space: every call is refused
}

// Options configure a [Server].
type Options struct {
	Library  Library
	Tokens   map[string]Token // nil = DefaultToken with read and write
	User     string           // for the log-in that makes a token; "" = "planner"
	Password string           // "" = no log-in succeeds
	Prefix   string           // SCRIPT_NAME, e.g. "/tandoor"
	Space    string           // "" = "Planner demo"
	Location *time.Location   // of the dates it sends; nil = UTC
	Now      func() time.Time // nil = time.Now
	// AllowedHosts are host names without port; nil allows all. Names with an underscore
	// are always refused.
	AllowedHosts  []string
	PropertyTypes []PropertyType // nil = DefaultPropertyTypes
	Version       string         // it says it is; "" = Version. 1.x has other paths and bare lists
	Users         int            // of the space; 0 = 1
	NoHousehold   bool           // others of the space do not see what the token's user makes
	RecentDays    int            // ticked shopping entries are listed for so long; 0 = 7, at most 14
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	opt Options
	mux *http.ServeMux

	mu       sync.Mutex
	db       *store            // of the active space
	space    int               // its id
	host     string            // that the request under way asked
	spaces   map[string]*store // by name
	logins   map[string][]time.Time
	log      []Request
	counters map[string]int
}

// Request is one line of the request log.
type Request struct {
	Time   time.Time     `json:"time"`
	Method string        `json:"method"`
	Path   string        `json:"path"`
	Query  string        `json:"query,omitempty"` // without access_token
	Status int           `json:"status"`
	Took   time.Duration `json:"took_ns"`
}

const maxLog = 50_000

// New returns a server for the library, or an error that says what is wrong with it.
func New(opt Options) (*Server, error) {
	if opt.Tokens == nil {
		opt.Tokens = map[string]Token{DefaultToken: {Scope: "read write"}}
	}
	opt.Tokens = maps.Clone(opt.Tokens) // log-ins add to them
	if opt.User == "" {
		opt.User = "planner"
	}
	if opt.Space == "" {
		opt.Space = "Planner demo"
	}
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	if opt.Now == nil {
		opt.Now = time.Now //nolint:forbidigo // the default of a setting
	}
	if opt.PropertyTypes == nil {
		opt.PropertyTypes = DefaultPropertyTypes()
	}
	if opt.Version == "" {
		opt.Version = Version
	}
	if opt.RecentDays == 0 {
		opt.RecentDays = 7
	}
	opt.Users = max(opt.Users, 1)
	s := &Server{opt: opt, mux: http.NewServeMux(), db: newStore(opt.PropertyTypes, map[string]int{}), space: 1, logins: map[string][]time.Time{}, counters: map[string]int{}}
	if err := s.db.load(opt.Library, opt.Now()); err != nil {
		return nil, err
	}
	s.spaces = map[string]*store{opt.Space: s.db}
	s.routes()
	return s, nil
}

// SwitchSpace makes another space the active one of the token's user, with the library if
// it is new. All tokens follow.
func (s *Server) SwitchSpace(name string, l Library) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	db, known := s.spaces[name]
	if !known {
		db = newStore(s.opt.PropertyTypes, s.db.last)
		if err := db.load(l, s.opt.Now()); err != nil {
			return err
		}
		db.number = len(s.spaces)
		s.spaces[name] = db
	}
	s.db, s.space, s.opt.Space = db, db.number+1, name
	return nil
}

// SetToken makes a token, or changes what it may do.
func (s *Server) SetToken(token string, t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Tokens[token] = t
}

// Revoke ends a token.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.opt.Tokens, token)
}

// Requests returns the request log, oldest first. It keeps the last 50,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Calls returns how often each route was called, by "METHOD /api/recipe/{id}/".
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.counters))
	maps.Copy(out, s.counters)
	return out
}

// ResetLog empties the request log and the counters.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.counters = nil, map[string]int{}
}

// RecipeID returns the id of the recipe with the name, or 0.
func (s *Server) RecipeID(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.recipeNamed(name)
}

// FoodID returns the id of the food with the name, or 0.
func (s *Server) FoodID(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := find(s.db.foods, name, foodName); i >= 0 {
		return s.db.foods[i].id
	}
	return 0
}

// SetVersion changes what release the server says it is.
func (s *Server) SetVersion(v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Version = v
}

// Age moves the time at which a shopping entry was ticked into the past.
func (s *Server) Age(path string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, e := range s.db.shopping {
		if path == fmt.Sprintf("/api/shopping-list-entry/%d/", id) {
			e.completed = e.completed.Add(-by)
		}
	}
}

// Amend changes how a recipe's detail looks from now on, and counts as an update of it.
func (s *Server) Amend(id int, change func(detail map[string]any)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.db.recipes[id]
	if r == nil {
		return fault.New(fault.NotFound, "tandoortest", "recipe %d", id)
	}
	r.amend, r.updated = change, s.opt.Now()
	return nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.opt.Now()
	rep, route := s.answer(r)
	for k, v := range rep.header {
		w.Header().Set(k, v)
	}
	var body []byte
	switch {
	case rep.page != "":
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			body = []byte("<!doctype html><html><head><title>" + html.EscapeString(rep.page) + "</title></head><body><h1>" + html.EscapeString(rep.page) + "</h1></body></html>")
		} else {
			body = []byte(rep.page)
		}
	case rep.body != nil:
		var err error
		if body, err = json.Marshal(rep.body); err != nil {
			rep.status, body = http.StatusInternalServerError, []byte(err.Error())
		}
		w.Header().Set("Content-Type", "application/json")
	}
	s.record(r, route, rep.status, start)
	w.WriteHeader(rep.status)
	if _, err := w.Write(body); err != nil {
		return // the client has gone; the log has the request
	}
}

func (s *Server) record(r *http.Request, route string, status int, start time.Time) {
	query := r.URL.Query()
	query.Del("access_token")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log) >= maxLog {
		s.log = slices.Delete(s.log, 0, maxLog/10)
	}
	s.log = append(s.log, Request{start, r.Method, r.URL.Path, query.Encode(), status, s.opt.Now().Sub(start)})
	s.counters[r.Method+" "+route]++
}

func (s *Server) answer(r *http.Request) (reply, string) {
	path, inside := strings.CutPrefix(r.URL.Path, s.opt.Prefix)
	host := r.Host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	if strings.Contains(host, "_") || (s.opt.AllowedHosts != nil && !slices.Contains(s.opt.AllowedHosts, host)) {
		return reply{status: http.StatusBadRequest, page: "Bad Request (400)"}, "host"
	}
	if !inside {
		return reply{status: http.StatusNotFound, page: "404 Not Found"}, "outside"
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = path, ""
	if _, route := s.mux.Handler(inner); (strings.HasSuffix(path, "/") || strings.HasPrefix(path, "/media/")) && !strings.Contains(path, "//") && route != "" {
		// The mux sets path values only while serving: the route answers into a holder.
		h := &holder{header: http.Header{}}
		s.mux.ServeHTTP(h, inner)
		return h.rep, route
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return reply{status: http.StatusForbidden, page: "Forbidden (403): CSRF verification failed. Request aborted."}, "no route"
	}
	login := s.opt.Prefix + "/accounts/login/?next=" + url.QueryEscape(r.URL.Path)
	if path == "/accounts/login/" {
		return reply{status: http.StatusOK, page: "Log in"}, "login page"
	}
	return reply{status: http.StatusFound, page: "Redirect", header: map[string]string{"Location": login}}, "no route"
}

const (
	anyone  access = iota
	byScope        // read for GET, write for the rest
	mealplanScope
	planScope // as byScope; two releases wanted mealplan as well
)
