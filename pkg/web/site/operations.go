package site

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Operations tells operators of the installation.
type Operations interface {
	Overview(ctx context.Context) Overview
	Trace(ctx context.Context, id string) (Trace, error)
	// Status is what everybody may know.
	Status(ctx context.Context) []Condition
}

// Overview is the state of the installation. What could not be read says why.
type Overview struct {
	At       time.Time
	Alerts   Listing[FiringAlert]
	Users    Listing[Person]
	Runs     Listing[Run] // generations, the newest first
	Failures Listing[Run] // of any job
	Jobs     Listing[Job]
	Backlog  Listing[Backlog]
	Mails    Listing[Letter]
	Sources  Listing[Source]
	Settings Listing[Setting]
}

// Listing is a part of the overview.
type Listing[T any] struct {
	Rows    []T
	Problem string // why it could not be read
}

// FiringAlert is an alert of Alertmanager.
type FiringAlert struct {
	Name, Severity, State, Labels, Description, Runbook string
	Since                                               time.Time
}

// Person is a user, by what telemetry knows of them.
type Person struct {
	ID, Library string
	Enabled     bool
}

// Run is an attempt at a job.
type Run struct {
	Job, Status, Error, Trace string
	Started                   time.Time
	Took                      time.Duration // 0: it still runs
	Share                     int           // percent of the longest
}

// Job is a schedule.
type Job struct {
	ID, Status, Error string
	Next              *time.Time
	Paused            bool
}

// Backlog is how many jobs of a type wait.
type Backlog struct {
	Type   string
	Jobs   int
	Oldest time.Duration
}

// Letter is a mail that waits or failed.
type Letter struct {
	User, Type, State, Error string
	Attempts                 int
}

// Source is a connected library.
type Source struct {
	ID, Error string
	Recipes   int
	Synced    *time.Time
}

// Setting is a change of a setting of the running program.
type Setting struct {
	Name, Value, By, Reason string
	At                      time.Time
	Until                   *time.Time // nil: taken back
}

// Trace is a trace with its log lines.
type Trace struct {
	ID       string
	Start    time.Time
	Took     time.Duration
	Services []string
	Rows     []Span
	Lines    []string // of no span that is shown
	NoLines  string   // why there are none
	// Elsewhere are the pages of other servers that show it.
	Elsewhere []Link
}

// Link is a page of another server, with what it is called there.
type Link struct{ Label, URL string }

// Span is a span of a trace. X and Width are thousandths of its time.
type Span struct {
	Name, Component string
	Depth           int
	X, Width        float64
	Took            time.Duration
	Failed          bool
	Attributes      []string
	Lines           []string
}

// Condition is how a part of the service does.
type Condition struct {
	Part, Text message.Text
	Healthy    bool
	// Theirs are conditions that others have to mend; the service works all the same.
	Theirs bool
}

// operator is a page for operators. For others it is none.
func (s *Site) operator(h func(http.ResponseWriter, *http.Request, string) error) func(http.ResponseWriter, *http.Request, string) error {
	return func(w http.ResponseWriter, r *http.Request, id string) error {
		u, err := s.visitor(r, id)
		if err != nil {
			return err
		}
		if !u.Operator {
			return fault.New(fault.NotFound, "pages", "there is no page at this address")
		}
		return h(w, r, id)
	}
}

func (s *Site) operations(w http.ResponseWriter, r *http.Request, _ string) error {
	return s.show(w, r, view{file: "operations.html", title: message.Textf("Operations"), nav: "account", data: s.Operations.Overview(r.Context())})
}

func (s *Site) trace(w http.ResponseWriter, r *http.Request, _ string) error {
	t, err := s.Operations.Trace(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "trace.html", title: message.Textf("Trace"), nav: "account", data: t})
}

// status tells everybody how the service does, without a word about anybody.
func (s *Site) status(w http.ResponseWriter, r *http.Request) error {
	conditions, status := s.Operations.Status(r.Context()), http.StatusOK
	for _, c := range conditions {
		if !c.Healthy && !c.Theirs {
			status = http.StatusServiceUnavailable
		}
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		type condition struct {
			Part    string `json:"part"`
			Healthy bool   `json:"healthy"`
			Text    string `json:"text"`
		}
		out := make([]condition, len(conditions))
		for i, c := range conditions {
			out[i] = condition{c.Part.String(), c.Healthy, c.Text.String()}
		}
		_ = json.NewEncoder(w).Encode(out) // the reader went away
		return nil
	}
	return s.show(w, r, view{file: "status.html", title: message.Textf("Status"), status: status, data: conditions})
}
