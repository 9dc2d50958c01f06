package telemetryapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
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
