package telemetryapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Prometheus answers PromQL.
type Prometheus struct{ server }

// NewPrometheus returns a client of the server at base.
func NewPrometheus(base string, client *http.Client) *Prometheus {
	return &Prometheus{newServer("Prometheus", base, client)}
}

// Sample is a value with its labels.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query evaluates an expression for now.
func (p *Prometheus) Query(ctx context.Context, expr string) ([]Sample, error) {
	var answer struct {
		Data struct {
			ResultType string
			Result     []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := p.get(ctx, "/api/v1/query", url.Values{"query": {expr}}, &answer); err != nil {
		return nil, err
	}
	if answer.Data.ResultType != "vector" {
		return nil, fault.New(fault.InvalidInput, p.name, "the expression returns a %s; want an instant vector", answer.Data.ResultType)
	}
	out := make([]Sample, len(answer.Data.Result))
	for i, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, p.name, err)
		}
		out[i] = Sample{r.Metric, v}
	}
	return out, nil
}

// Firing reports whether an alert with these labels fires.
func (p *Prometheus) Firing(ctx context.Context, alert string, labels map[string]string) (bool, error) {
	matchers := []string{fmt.Sprintf("alertname=%q", alert), `alertstate="firing"`}
	for k, v := range labels {
		matchers = append(matchers, fmt.Sprintf("%s=%q", k, v))
	}
	s, err := p.Query(ctx, "ALERTS{"+strings.Join(matchers, ", ")+"}")
	return len(s) > 0, err
}

// WeekInForce returns the Monday of the week in force, as 2026-11-30.
func (p *Prometheus) WeekInForce(ctx context.Context) (string, error) {
	s, err := p.Query(ctx, "max by (week_of) (weekly_generation_current_week) == 1")
	if err != nil {
		return "", err
	}
	if len(s) != 1 {
		return "", fault.New(fault.NotFound, p.name, "no week is in force: no user has a run that was due")
	}
	return s[0].Labels["week_of"], nil
}
