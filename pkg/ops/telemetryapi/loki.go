package telemetryapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Loki answers LogQL.
type Loki struct{ server }

// NewLoki returns a client of the server at base.
func NewLoki(base string, client *http.Client) *Loki { return &Loki{newServer("Loki", base, client)} }

// Line is one log line with its labels and structured metadata.
type Line struct {
	Time   time.Time
	Text   string
	Labels map[string]string
}

// Lines returns at most so many lines since a time, the newest first.
func (l *Loki) Lines(ctx context.Context, query string, since time.Time, most int) ([]Line, error) {
	var answer struct {
		Data struct {
			ResultType string
			Result     []struct {
				Stream map[string]string
				Values [][2]string
			}
		}
	}
	q := url.Values{"query": {query}, "start": {strconv.FormatInt(since.UnixNano(), 10)}, "limit": {strconv.Itoa(most)}, "direction": {"backward"}}
	if err := l.get(ctx, "/loki/api/v1/query_range", q, &answer); err != nil {
		return nil, err
	}
	if answer.Data.ResultType != "streams" {
		return nil, fault.New(fault.InvalidInput, l.name, "the query returns a %s; want lines", answer.Data.ResultType)
	}
	var out []Line
	for _, r := range answer.Data.Result {
		for _, v := range r.Values {
			ns, err := strconv.ParseInt(v[0], 10, 64)
			if err != nil {
				return nil, fault.Wrap(fault.Unavailable, l.name, err)
			}
			out = append(out, Line{time.Unix(0, ns), v[1], r.Stream})
		}
	}
	slices.SortFunc(out, func(a, b Line) int { return b.Time.Compare(a.Time) })
	return out, nil
}
