// Package pagerdutytest is a stand-in for PagerDuty's Events API v2: an http.Handler that
// checks events as the vendor documents it, turns them into incidents, and lets both be
// read back. Where the documentation is silent it refuses. Tests and the sandbox use it.
package pagerdutytest

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
)

// Path is where events are received.
const Path = "/v2/enqueue"

// Options configure [New].
type Options struct {
	Services map[string]string // routing keys of 32 characters, by the service's name
	Keep     int               // events and incidents each; 0 = 1,000
	// PerMinute is how many events a service may get in a minute; 0 = any number. The
	// vendor does not tell its own figure.
	PerMinute int
	Now       func() time.Time
}

// Link is a page that an event names.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Image is a picture that an event brings with it.
type Image struct {
	Src  string `json:"src"`
	Href string `json:"href,omitempty"`
	Alt  string `json:"alt,omitempty"`
}

// Payload describes the problem.
type Payload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp string         `json:"timestamp,omitempty"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details,omitempty"`
}

// Event is an accepted event. The routing key is not kept: Service is what it stands for.
type Event struct {
	Received  time.Time `json:"received"`
	Service   string    `json:"service"`
	Action    string    `json:"event_action"`
	DedupKey  string    `json:"dedup_key"`
	Incident  int       `json:"incident,omitempty"` // its number; 0 = dropped, as no incident is open
	Client    string    `json:"client,omitempty"`
	ClientURL string    `json:"client_url,omitempty"`
	Links     []Link    `json:"links,omitempty"`
	Images    []Image   `json:"images,omitempty"`
	Payload   *Payload  `json:"payload,omitempty"` // of a trigger
}

// States of an incident.
const (
	Triggered    = "triggered"
	Acknowledged = "acknowledged"
	Resolved     = "resolved"
)

// Incident is what the events of one key from trigger to resolve make up.
type Incident struct {
	Number       int        `json:"number"`
	Service      string     `json:"service"`
	DedupKey     string     `json:"dedup_key"`
	Status       string     `json:"status"`
	Triggers     int        `json:"triggers"` // how many events said that the problem is there
	Triggered    time.Time  `json:"triggered"`
	Acknowledged *time.Time `json:"acknowledged,omitempty"`
	Resolved     *time.Time `json:"resolved,omitempty"`
	Payload      Payload    `json:"payload"` // of the last trigger
	Links        []Link     `json:"links,omitempty"`
}

// Refusal is a request that was not accepted.
type Refusal struct {
	Received time.Time `json:"received"`
	Status   int       `json:"status"`
	Errors   []string  `json:"errors"`
}

// Record is everything that is kept, oldest first.
type Record struct {
	Incidents []Incident `json:"incidents"`
	Events    []Event    `json:"events"`
	Refused   []Refusal  `json:"refused"`
}

// Server is the stand-in.
type Server struct {
	opt Options

	mu      sync.Mutex
	record  Record
	numbers int
	minute  map[string][]time.Time // of the last minute's events, by service
}

// New returns a stand-in that has received nothing.
func New(o Options) *Server {
	if o.Keep == 0 {
		o.Keep = 1000
	}
	return &Server{opt: o, minute: map[string][]time.Time{}}
}

// wireEvent is the body of a request.
type wireEvent struct {
	RoutingKey *string         `json:"routing_key"`
	Action     *string         `json:"event_action"`
	DedupKey   *string         `json:"dedup_key"`
	Client     string          `json:"client"`
	ClientURL  string          `json:"client_url"`
	Links      []Link          `json:"links"`
	Images     []Image         `json:"images"`
	Payload    json.RawMessage `json:"payload"`
}

// answer is the body of a response.
type answer struct {
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	DedupKey string   `json:"dedup_key,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, pagerduty.MaxEvent))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		s.refuse(w, http.StatusRequestEntityTooLarge, "event too large", "Event object is too large", "Events may have 512 KB")
		return
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "Unrecognized object", "Event object format is unrecognized", "the body ended too early")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, status, bad := s.read(r.Header.Get("Content-Type"), body)
	switch {
	case status == http.StatusTooManyRequests:
		s.refuseLocked(w, status, "throttle exceeded", "Requests for this service are arriving too quickly. Please retry later.", bad...)
	case status == badJSON:
		s.refuseLocked(w, http.StatusBadRequest, "Unrecognized object", "Event object format is unrecognized", bad...)
	case len(bad) > 0:
		s.refuseLocked(w, http.StatusBadRequest, "invalid event", "Event object is invalid", bad...)
	default:
		s.apply(&e)
		s.record.Events = newest(append(s.record.Events, e), s.opt.Keep)
		respond(w, http.StatusAccepted, answer{Status: "success", Message: "Event processed", DedupKey: e.DedupKey})
	}
}

func (s *Server) refuse(w http.ResponseWriter, status int, short, message string, reasons ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuseLocked(w, status, short, message, reasons...)
}

func (s *Server) refuseLocked(w http.ResponseWriter, status int, short, message string, reasons ...string) {
	s.record.Refused = newest(append(s.record.Refused, Refusal{Received: s.opt.Now(), Status: status, Errors: reasons}), s.opt.Keep)
	respond(w, status, answer{Status: short, Message: message, Errors: reasons})
}

// service finds whose key it is, in a time that does not depend on the keys.
func (s *Server) service(key string) (name string) {
	for _, n := range slices.Sorted(maps.Keys(s.opt.Services)) {
		if subtle.ConstantTimeCompare([]byte(s.opt.Services[n]), []byte(key)) == 1 {
			name = n
		}
	}
	return name
}

// throttled counts an event of the service, unless it is one too many.
func (s *Server) throttled(service string) bool {
	now := s.opt.Now()
	recent := slices.DeleteFunc(s.minute[service], func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if s.opt.PerMinute > 0 && len(recent) >= s.opt.PerMinute {
		s.minute[service] = recent
		return true
	}
	if s.opt.PerMinute > 0 {
		recent = append(recent, now)
	}
	s.minute[service] = recent
	return false
}

// apply does to the incidents what the event says.
func (s *Server) apply(e *Event) {
	open := slices.IndexFunc(s.record.Incidents, func(i Incident) bool {
		return i.Service == e.Service && i.DedupKey == e.DedupKey && i.Status != Resolved
	})
	if open < 0 {
		if e.Action != actionTrigger {
			return // dropped
		}
		s.numbers++
		s.record.Incidents = newest(append(s.record.Incidents, Incident{
			Number: s.numbers, Service: e.Service, DedupKey: e.DedupKey, Status: Triggered, Triggered: e.Received,
		}), s.opt.Keep)
		open = len(s.record.Incidents) - 1
	}
	i := &s.record.Incidents[open]
	e.Incident = i.Number
	switch e.Action {
	case actionTrigger:
		i.Triggers++
		i.Payload, i.Links = *e.Payload, e.Links
	case actionAcknowledge:
		i.Status, i.Acknowledged = Acknowledged, &e.Received
	case actionResolve:
		i.Status, i.Resolved = Resolved, &e.Received
	}
}

// dedupKey is given to a trigger that brings none.
func dedupKey() string { return rand.Text() }

func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// Record returns what was received.
func (s *Server) Record() Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Record{
		Incidents: append([]Incident{}, s.record.Incidents...),
		Events:    append([]Event{}, s.record.Events...),
		Refused:   append([]Refusal{}, s.record.Refused...),
	}
}

// Reset forgets what was received. Incidents that are open are forgotten too.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = Record{}
}

// Received serves the record over HTTP at any path: GET answers it as JSON, DELETE resets
// it. There is no authentication: serve it on loopback.
func (s *Server) Received() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			respond(w, http.StatusOK, s.Record())
		case http.MethodDelete:
			s.Reset()
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, DELETE")
			http.Error(w, "use GET or DELETE", http.StatusMethodNotAllowed)
		}
	})
}

func respond(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the client went away
}
