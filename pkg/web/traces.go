package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Span is a span of a trace; Parent is "" or unknown for a root.
type Span struct {
	Trace, ID, Parent, Name, Service string
	Start                            time.Time
	Took                             time.Duration
	Attributes                       map[string]string
}

// Line is a log line of a trace.
type Line struct {
	Time              time.Time
	Level, Text, Span string // Span is the id of the span that wrote it
}

// Traces shows traces and their log lines without Jaeger's and Grafana's own pages. It queries
// the servers and stores nothing.
type Traces struct {
	// Recent returns some runs since a time, the slowest first; Spans the spans of a
	// trace, with an error of kind NotFound if there are none.
	Recent func(ctx context.Context, since time.Time) ([]Span, error)
	Spans  func(ctx context.Context, trace string) ([]Span, error)
	// Lines returns a trace's log lines since a time.
	Lines func(ctx context.Context, trace string, since time.Time) ([]Line, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// Register adds the pages to the mux.
func (t *Traces) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /trace/{$}", t.list)
	mux.HandleFunc("GET /trace/{id}", t.one)
}

// recentTraces is how far back the list of traces goes; askingServers is how long a page
// waits for the telemetry servers.
const (
	recentTraces  = 24 * time.Hour
	askingServers = 10 * time.Second
)

var traceID = regexp.MustCompile(`^[0-9a-f]{16}([0-9a-f]{16})?$`)

func (t *Traces) list(w http.ResponseWriter, r *http.Request) {
	if id := r.URL.Query().Get("id"); id != "" {
		if !traceID.MatchString(id) {
			t.pages().fail(w, r, errTraceID)
			return
		}
		w.Header().Set("Location", id) // relative: whatever path the address has
		w.WriteHeader(http.StatusFound)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), askingServers)
	defer cancel()
	var (
		page tracesPage
		err  error
	)
	if page.Found, err = t.Recent(ctx, t.Now().Add(-recentTraces)); err != nil {
		page.Err = err.Error()
	}
	t.pages().show(w, r, http.StatusOK, "traces.html", page)
}

type tracesPage struct {
	Found []Span
	Err   string
}

var errTraceID = fault.New(fault.InvalidInput, "trace", "A trace id is 32 hexadecimal characters in lower case, or 16.")

func (t *Traces) pages() *Pages { return &Pages{Log: t.Log} }

func (t *Traces) one(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !traceID.MatchString(id) {
		t.pages().fail(w, r, errTraceID)
		return
	}
	page, err := t.Load(r.Context(), id)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		t.pages().fail(w, r, err)
	case err != nil: // for operators: show why
		t.pages().show(w, r, fault.HTTPStatus(err), "traces.html", tracesPage{Err: err.Error()})
	default:
		t.pages().show(w, r, http.StatusOK, "trace.html", page)
	}
}

// Trace is a trace with its log lines.
type Trace struct {
	ID       string
	Took     time.Duration
	Start    time.Time
	Rows     []Row
	Lines    []Line // of no span that is shown
	NoLines  string // why there are none
	Services []string
}

// Load asks the servers for a trace; kind NotFound if there is none.
func (t *Traces) Load(ctx context.Context, id string) (Trace, error) {
	page := Trace{ID: id}
	if !traceID.MatchString(id) {
		return page, errTraceID
	}
	ctx, cancel := context.WithTimeout(ctx, askingServers)
	defer cancel()
	spans, err := t.Spans(ctx, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && len(spans) == 0 {
		return page, fault.New(fault.NotFound, "trace", "There is no trace %s: it was not kept, is older than the retention, or has not arrived yet.", id)
	}
	if err != nil {
		return page, err
	}
	page.Rows, page.Start, page.Took = falls(spans)
	for _, s := range spans {
		page.Services = append(page.Services, s.Service)
	}
	slices.Sort(page.Services)
	page.Services = slices.Compact(page.Services)
	lines, err := t.Lines(ctx, id, page.Start.Add(-time.Minute))
	if err != nil {
		page.NoLines = err.Error()
		if e, ok := errors.AsType[*fault.Error](err); ok && fault.KindOf(err) == fault.InvalidConfig {
			page.NoLines = e.Message
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	for _, l := range lines {
		i := slices.IndexFunc(page.Rows, func(s Row) bool { return s.ID == l.Span })
		if i < 0 {
			page.Lines = append(page.Lines, l)
			continue
		}
		page.Rows[i].Lines = append(page.Rows[i].Lines, l)
	}
	return page, nil
}
