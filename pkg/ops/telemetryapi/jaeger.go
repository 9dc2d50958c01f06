package telemetryapi

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Jaeger keeps traces.
type Jaeger struct{ server }

// NewJaeger returns a client of the server at base.
func NewJaeger(base string, client *http.Client) *Jaeger {
	return &Jaeger{newServer("Jaeger", base, client)}
}

// Span is a span of a trace.
type Span struct {
	Trace, ID, Parent, Name, Service string
	Start                            time.Time
	Took                             time.Duration
	Tags                             map[string]string // those whose values are texts
}

// Trace returns the spans of a trace; an unknown one is an error of kind NotFound.
func (j *Jaeger) Trace(ctx context.Context, id string) ([]Span, error) {
	return j.spans(ctx, "/api/traces/"+url.PathEscape(id), nil)
}

// Slow returns the spans of the traces since a time whose span of this name took at least
// so long; at most so many traces.
func (j *Jaeger) Slow(ctx context.Context, service, operation string, since time.Time, least time.Duration, most int) ([]Span, error) {
	return j.spans(ctx, "/api/traces", url.Values{
		"service": {service}, "operation": {operation}, "limit": {strconv.Itoa(most)}, "minDuration": {least.String()},
		"start": {strconv.FormatInt(since.UnixMicro(), 10)}, "end": {strconv.FormatInt(since.Add(24*time.Hour).UnixMicro(), 10)},
	})
}

// Slowest returns the spans of that name which took longest since a time, longest first: at most
// most of them. A service that Jaeger has not heard of has none.
func (j *Jaeger) Slowest(ctx context.Context, services []string, operation string, since time.Time, most int) ([]Span, error) {
	var out []Span
	for _, service := range services {
		n := len(out)
		for _, least := range []time.Duration{5 * time.Second, time.Second, 0} { // Jaeger cannot sort
			found, err := j.Slow(ctx, service, operation, since, least, most)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			for _, s := range found {
				if s.Name == operation && !slices.ContainsFunc(out, func(known Span) bool { return known.ID == s.ID }) {
					out = append(out, s)
				}
			}
			if len(out)-n >= most {
				break
			}
		}
	}
	slices.SortFunc(out, func(x, y Span) int { return cmp.Compare(y.Took, x.Took) })
	return out[:min(len(out), most)], nil
}

func (j *Jaeger) spans(ctx context.Context, path string, q url.Values) ([]Span, error) {
	var answer struct {
		Data []struct {
			Processes map[string]struct{ ServiceName string }
			Spans     []struct {
				TraceID, SpanID, OperationName, ProcessID string
				StartTime, Duration                       int64 // microseconds
				References                                []struct{ RefType, SpanID string }
				Tags                                      []struct {
					Key   string
					Value any
				}
			}
		}
	}
	if err := j.get(ctx, path, q, &answer); err != nil {
		return nil, err
	}
	var out []Span
	for _, t := range answer.Data {
		for _, s := range t.Spans {
			span := Span{Trace: s.TraceID, ID: s.SpanID, Name: s.OperationName, Service: t.Processes[s.ProcessID].ServiceName, Start: time.UnixMicro(s.StartTime), Took: time.Duration(s.Duration) * time.Microsecond, Tags: map[string]string{}}
			for _, r := range s.References {
				if r.RefType == "CHILD_OF" {
					span.Parent = r.SpanID
				}
			}
			for _, tag := range s.Tags {
				if v, ok := tag.Value.(string); ok {
					span.Tags[tag.Key] = v
				}
			}
			out = append(out, span)
		}
	}
	return out, nil
}
