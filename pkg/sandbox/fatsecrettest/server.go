// Package fatsecrettest is a stand-in for the FatSecret Platform API: an http.Handler that
// verifies OAuth 1.0a signatures for real, answers errors inside HTTP 200, and can show
// each of the shapes its answers have been seen in. Tests and the sandbox use it.
package fatsecrettest

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- HMAC-SHA1 is what the vendor uses
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// APIPath is where the methods are served.
const APIPath = "/rest/server.api"

// Serving is a way to measure a food. Values are for NumberOfUnits.
type Serving struct {
	ID, Description              string
	Metric                       float64
	MetricUnit, Measurement      string
	NumberOfUnits                float64
	Calories, Protein, Fat, Carb float64
}

// Food is a food of the shared database.
type Food struct {
	ID, Name, Type, Brand string
	Servings              []Serving
}

// Entry is a line of a diary; Date is days since 1970-01-01.
type Entry struct {
	ID, FoodID, ServingID, Name, Meal string
	Date                              int
	Units                             float64
}

// User is an account with its permanent token.
type User struct {
	Token, Secret    string
	HeightCm, GoalKg float64
	LastKg           float64
	LastDate         int
	Weights          map[int]float64 // by days since 1970-01-01
	Entries          []Entry
}

// Shapes are the forms answers have been seen in. The zero value is what live clients
// report most.
type Shapes struct {
	BareScalars   bool   // "123" instead of {"value": "123"}
	EntryObject   bool   // food_entry.create answers with the entry, as one page says
	StringCodes   bool   // "code": "8"
	NumberValues  bool   // 105 instead of "105"
	SingleObject  bool   // one element without its list
	Empty         string // how an empty day looks: "null" (or ""), "empty string", "absent", "object"
	LowercaseMeal bool
}

// Options configure a [Server].
type Options struct {
	ConsumerKey, ConsumerSecret string
	Users                       []User // the first is who agrees on the authorise page
	Foods                       []Food
	Now                         func() time.Time // nil = time.Now
	DailyLimit                  int              // calls of the application before code 11; 0 = none
	BurstLimit                  int              // calls of one user within a minute before code 12; 0 = none
}

// Request is one line of the request log.
type Request struct {
	Time   time.Time     `json:"time"`
	Method string        `json:"method"` // of the API: "profile.get"; or the path
	Verb   string        `json:"verb"`
	User   string        `json:"user,omitempty"`
	Code   int           `json:"code"` // the vendor's; 0 = success
	Took   time.Duration `json:"took_ns"`
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	opt Options

	mu      sync.Mutex
	shapes  Shapes
	users   map[string]*User // by token
	pending map[string]*pending
	last    map[string]int64 // highest timestamp by token
	nonces  map[string]bool
	fails   []failure
	nextID  int
	calls   map[string]int // by day, of the application
	recent  map[string][]time.Time
	log     []Request
}

type pending struct{ secret, callback, verifier string }

type failure struct {
	method string
	code   int
	left   int
}

const (
	maxLog    = 50_000
	tolerance = 5 * 60 // seconds a timestamp may be off
)

// New returns a server.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now //nolint:forbidigo // the default of a setting
	}
	s := &Server{
		opt: opt, users: map[string]*User{}, pending: map[string]*pending{}, last: map[string]int64{},
		nonces: map[string]bool{}, calls: map[string]int{}, recent: map[string][]time.Time{}, nextID: 1000,
	}
	for _, u := range opt.Users {
		u.Weights = maps.Clone(u.Weights)
		if u.Weights == nil {
			u.Weights = map[int]float64{}
		}
		u.Entries = slices.Clone(u.Entries)
		s.users[u.Token] = &u
	}
	return s
}

// SetShapes changes how answers look from now on.
func (s *Server) SetShapes(sh Shapes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shapes = sh
}

// Fail makes the next calls of a method ("" = any) fail with a vendor code.
func (s *Server) Fail(method string, code, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = append(s.fails, failure{method, code, times})
}

// Revoke makes a user's token invalid.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, token)
}

// Entries returns a user's diary.
func (s *Server) Entries(token string) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[token]; u != nil {
		return slices.Clone(u.Entries)
	}
	return nil
}

// Requests returns the request log, oldest first. It keeps the last 50,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Calls returns how often each method was called, whatever came of it.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for _, r := range s.log {
		out[r.Method]++
	}
	return out
}

// Operation names what a request is for, for a fault switchboard: the API method or the
// path. It reads the form of the request.
func Operation(r *http.Request) string {
	if r.URL.Path == APIPath && r.ParseForm() == nil {
		return r.Form.Get("method")
	}
	return r.URL.Path
}

// vendorError is an error of the API.
type vendorError struct {
	code    int
	message string
}

func fail(code int, format string, args ...any) *vendorError {
	return &vendorError{code, fmt.Sprintf(format, args...)}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.opt.Now()
	w.Header().Set("Date", start.UTC().Format(http.TimeFormat))
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry := Request{Time: start, Verb: r.Method, Method: r.URL.Path, User: r.Form.Get("oauth_token")}
	switch r.URL.Path {
	case APIPath:
		entry.Method = r.Form.Get("method")
		body, bad := s.api(r)
		if bad != nil {
			entry.Code = bad.code
		}
		s.writeAPI(w, r, body, bad)
	case "/oauth/request_token":
		s.writeForm(w, &entry, s.requestToken(r))
	case "/oauth/authorize":
		s.authorize(w, r)
	case "/oauth/access_token":
		s.writeForm(w, &entry, s.accessToken(r))
	default:
		http.NotFound(w, r)
	}
	entry.Took = s.opt.Now().Sub(start)
	if len(s.log) >= maxLog {
		s.log = slices.Delete(s.log, 0, maxLog/10)
	}
	s.log = append(s.log, entry)
}

func (s *Server) writeAPI(w http.ResponseWriter, r *http.Request, body any, bad *vendorError) {
	if bad != nil {
		var code any = bad.code
		if s.shapes.StringCodes {
			code = strconv.Itoa(bad.code)
		}
		body = map[string]any{"error": map[string]any{"code": code, "message": bad.message}}
	}
	if r.Form.Get("format") != "json" {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		writeAll(w, []byte(`<?xml version="1.0" encoding="utf-8" ?><answer xmlns="http://platform.fatsecret.com/api/1.0/"></answer>`))
		return
	}
	b, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	writeAll(w, b)
}

func writeAll(w http.ResponseWriter, b []byte) {
	if _, err := w.Write(b); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
}

// verify checks who signed, when and whether rightly. secret belongs to the token.
func (s *Server) verify(r *http.Request, secret string) *vendorError {
	f := r.Form
	for _, p := range []string{"oauth_consumer_key", "oauth_signature_method", "oauth_timestamp", "oauth_nonce", "oauth_signature"} {
		if f.Get(p) == "" {
			return fail(2, "Missing required oauth parameter: %s", p)
		}
	}
	if v := f.Get("oauth_version"); v != "" && v != "1.0" {
		return fail(3, "Unsupported oauth parameter: oauth_version")
	}
	if f.Get("oauth_signature_method") != "HMAC-SHA1" {
		return fail(4, "Invalid signature method: '%s'", f.Get("oauth_signature_method"))
	}
	if f.Get("oauth_consumer_key") != s.opt.ConsumerKey {
		return fail(5, "Invalid consumer key: '%s'", f.Get("oauth_consumer_key"))
	}
	if !hmac.Equal([]byte(s.expected(r, secret)), []byte(f.Get("oauth_signature"))) {
		return fail(8, "Invalid signature: oauth_signature '%s'", f.Get("oauth_signature"))
	}
	ts, err := strconv.ParseInt(f.Get("oauth_timestamp"), 10, 64)
	who := f.Get("oauth_token")
	if off := ts - s.opt.Now().Unix(); err != nil || off > tolerance || off < -tolerance || ts < s.last[who] {
		return fail(6, "Invalid/expired timestamp: oauth_timestamp '%s'", f.Get("oauth_timestamp"))
	}
	key := who + " " + f.Get("oauth_nonce")
	if s.nonces[key] {
		return fail(7, "Invalid/used nonce: oauth_nonce '%s'", f.Get("oauth_nonce"))
	}
	s.nonces[key], s.last[who] = true, ts
	return nil
}

// expected computes the signature from the request as it came in.
func (s *Server) expected(r *http.Request, secret string) string {
	encode := func(v string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(v))
	}
	type pair struct{ k, v string }
	var pairs []pair
	for k, vs := range r.Form {
		if k == "oauth_signature" {
			continue
		}
		for _, v := range vs {
			pairs = append(pairs, pair{encode(k), encode(v)})
		}
	}
	sort.Slice(pairs, func(i, j int) bool {
		return pairs[i].k < pairs[j].k || (pairs[i].k == pairs[j].k && pairs[i].v < pairs[j].v)
	})
	var text strings.Builder
	for i, p := range pairs {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(p.k + "=" + p.v)
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	base := r.Method + "&" + encode(scheme+"://"+strings.ToLower(r.Host)+r.URL.Path) + "&" + encode(text.String())
	mac := hmac.New(sha1.New, []byte(encode(s.opt.ConsumerSecret)+"&"+encode(secret)))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) api(r *http.Request) (any, *vendorError) {
	f := r.Form
	var user *User
	secret := ""
	if tok := f.Get("oauth_token"); tok != "" {
		if user = s.users[tok]; user == nil {
			return nil, fail(9, "Invalid access token: '%s'", tok)
		}
		secret = user.Secret
	}
	if bad := s.verify(r, secret); bad != nil {
		return nil, bad
	}
	name := f.Get("method")
	for i, x := range s.fails {
		if x.left > 0 && (x.method == "" || x.method == name) {
			s.fails[i].left--
			return nil, fail(x.code, "injected failure")
		}
	}
	if bad := s.limits(f.Get("oauth_token")); bad != nil {
		return nil, bad
	}
	m, known := methods[name]
	switch {
	case !known:
		return nil, fail(10, "Unknown method: '%s'", name)
	case m.user && user == nil:
		return nil, fail(2, "Missing required oauth parameter: oauth_token")
	}
	return m.do(s, user, f)
}

func (s *Server) limits(who string) *vendorError {
	now := s.opt.Now()
	day := now.UTC().Format(time.DateOnly)
	if s.opt.DailyLimit > 0 && s.calls[day] >= s.opt.DailyLimit {
		return fail(11, "Application has reached its request limit")
	}
	s.calls[day]++
	if s.opt.BurstLimit > 0 && who != "" {
		recent := slices.DeleteFunc(s.recent[who], func(t time.Time) bool { return now.Sub(t) > time.Minute })
		if len(recent) >= s.opt.BurstLimit {
			return fail(12, "User is performing too many actions")
		}
		s.recent[who] = append(recent, now)
	}
	return nil
}
