package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
	"github.com/mealplanner/mealplanner/pkg/web"
)

type responsesFunc = func(ctx context.Context, alert string, since time.Time) ([]web.AlertResponse, error)

// runbookPage asks the handler for a page.
func runbookPage(t *testing.T, responses responsesFunc, path string) *httptest.ResponseRecorder {
	t.Helper()
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	(&web.Runbooks{All: all, Responses: responses, Now: time.Now, Log: slog.New(slog.DiscardHandler)}).Register(mux)
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return rec
}

func nothingDone(context.Context, string, time.Time) ([]web.AlertResponse, error) { return nil, nil }

// Tier 2 sees what tier 1 did: something, nothing, or that nobody knows.
func TestRunbookSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 6, 1, 2, 0, time.UTC)
	for want, responses := range map[string]responsesFunc{
		"<td>2026-11-30 06:01:02</td><td>firing</td><td>probe_upstreams</td><td>failed</td>": func(_ context.Context, alert string, since time.Time) ([]web.AlertResponse, error) {
			if alert != "ExternalAPIDown" || time.Since(since) < 23*time.Hour || time.Since(since) > 25*time.Hour {
				return nil, errors.New("asked for " + alert + " since " + since.String())
			}
			return []web.AlertResponse{{At: at, Status: "firing", Action: "probe_upstreams", Result: "failed"}}, nil
		},
		"Nothing was done automatically": nothingDone,
		"is not known": func(context.Context, string, time.Time) ([]web.AlertResponse, error) {
			return nil, errors.New("no database")
		},
	} {
		rec := runbookPage(t, responses, "/runbook/api-down")
		if body := rec.Body.String(); rec.Code != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, "<h2>Diagnosis</h2>") {
			t.Errorf("%d, without %s:\n%.600s", rec.Code, want, body)
		}
	}
}

// The public page says nothing of what was done.
func TestPublicRunbook(t *testing.T) {
	t.Parallel()
	body := runbookPage(t, nil, "/runbook/api-down").Body.String()
	if strings.Contains(body, "automatically within") || strings.Contains(body, "is not known") || !strings.Contains(body, "<h2>Diagnosis</h2>") {
		t.Errorf("%.600s", body)
	}
}

// The page of a full pool's alert does not wait for that pool.
func TestRunbookDoesNotWaitForTheDatabase(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	rec := runbookPage(t, func(ctx context.Context, _ string, _ time.Time) ([]web.AlertResponse, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Second):
			return nil, nil
		}
	}, "/runbook/db-pool-saturated")
	if took := time.Since(begin); took > 10*time.Second || !strings.Contains(rec.Body.String(), "is not known") {
		t.Errorf("after %s: %.300s", took, rec.Body.String())
	}
}

// An alert's name leads to its runbook, also below a path of the public address; no page
// has a link that leads outside of the runbooks.
func TestRunbookLinksStayWithin(t *testing.T) {
	t.Parallel()
	rec := runbookPage(t, nothingDone, "/runbook/ExternalAPIDown")
	if rec.Code != http.StatusFound || rec.Header().Get("Location") != "api-down" {
		t.Errorf("%d to %q", rec.Code, rec.Header().Get("Location"))
	}
	if rec := runbookPage(t, nothingDone, "/runbook/Nonsense"); rec.Code != http.StatusNotFound {
		t.Errorf("%d for an alert that there is not", rec.Code)
	}
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{""}
	for slug := range all {
		paths = append(paths, slug)
	}
	for _, p := range paths {
		rec := runbookPage(t, nothingDone, "/runbook/"+p)
		for _, part := range strings.Split(rec.Body.String(), `href="`)[1:] {
			to, _, _ := strings.Cut(part, `"`)
			if _, ok := all[strings.TrimSuffix(to, ".md")]; !ok && to != "./" {
				t.Errorf("/runbook/%s links to %s", p, to)
			}
		}
		if rec.Header().Get("Content-Security-Policy") == "" || strings.Contains(rec.Body.String(), "<script") {
			t.Errorf("/runbook/%s: no policy, or a script", p)
		}
	}
}

// The list is in the order in which on-call looks: critical first, then by name.
func TestRunbooksBySeverity(t *testing.T) {
	t.Parallel()
	body := runbookPage(t, nil, "/runbook/").Body.String()
	last := -1
	for _, what := range []string{
		">AvailabilityBudgetBurnFast</a> <span class=\"m\">critical<", ">ExternalAPIDown<", ">WeeklyGenerationMissing<",
		">APIErrorBudgetBurn</a> <span class=\"m\">warning<", ">TelemetryServerDown<", ">MacroBalanceRateLow</a> <span class=\"m\">info<", ">Watchdog<",
	} {
		at := strings.Index(body, what)
		if at <= last {
			t.Errorf("%s at %d, after %d", what, at, last)
		}
		last = at
	}
}

// A page holds no source of a chart that it cannot draw, and says what its patterns are.
func TestRunbookPagesAreReadable(t *testing.T) {
	t.Parallel()
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	for slug, book := range all {
		body := runbookPage(t, nil, "/runbook/"+slug).Body.String()
		if strings.Contains(body, "flowchart") || strings.Contains(body, "mermaid") || strings.Contains(body, "<h2>Flow</h2>") {
			t.Errorf("%s shows the source of its chart", slug)
		}
		if said, patterns := strings.Count(body, "<p>Expected is a line that matches:</p>\n<pre><code class=\"language-expect\">"), strings.Count(book.Text, "```expect"); said != patterns {
			t.Errorf("%s says of %d of %d patterns what they are", slug, said, patterns)
		}
	}
}
