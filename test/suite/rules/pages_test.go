//go:build rules

package rules

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/web/site"
)

var leftOut = regexp.MustCompile(`http_route!~\\?"([^"\\]+)\\?"`)

// routes are those that the alert leaves out, as a pattern.
func routes(t *testing.T, name string) string {
	t.Helper()
	for _, r := range alerts(t) {
		if m := leftOut.FindStringSubmatch(r.Expr); r.Alert == name && m != nil {
			return m[1]
		}
	}
	t.Fatalf("%s leaves no routes out", name)
	return ""
}

// What an alert of pages leaves out, dashboard and diagnosis leave out too.
func TestTheSameRoutesAreLeftOut(t *testing.T) {
	t.Parallel()
	errors, latency := routes(t, "PageErrorRateHigh"), routes(t, "PageLatencyHigh")
	board, err := os.ReadFile(filepath.Join(root, "grafana/dashboards/pages.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range leftOut.FindAllStringSubmatch(string(board), -1) {
		found[m[1]] = true
	}
	if len(found) != 2 || !found[errors] || !found[latency] {
		t.Errorf("the dashboard leaves out %v", found)
	}
	p := &pageProber{}
	if _, err := diagnose.Diagnose(t.Context(), diagnose.Sources{Metrics: p, Database: p}, diagnose.Options{Slug: "page-slow", Window: 15 * time.Minute, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{`http_server_request_duration_count{http_response_status_code=~"5.."`: errors, "http_server_request_duration_bucket": latency} {
		if !slices.ContainsFunc(p.asked, func(expr string) bool {
			m := leftOut.FindStringSubmatch(expr)
			return strings.Contains(expr, what) && m != nil && m[1] == want
		}) {
			t.Errorf("the diagnosis does not ask for %s without %s: %q", what, want, p.asked)
		}
	}
}

// pageProber is a prober whose database also has no locks, statements and settings to tell of.
type pageProber struct{ prober }

func (*pageProber) LockWaits(context.Context) ([]diagnose.LockWait, error) { return nil, nil }
func (*pageProber) SlowStatements(context.Context, time.Duration) ([]diagnose.Statement, error) {
	return nil, nil
}
func (*pageProber) Settings(context.Context) ([]diagnose.Setting, error) { return nil, nil }

// patterns are what pages are registered by.
type patterns []string

func (p *patterns) Handle(pattern string, _ http.Handler) { *p = append(*p, pattern) }

// Of the pages, these have no alert for their latency, and no others.
func TestPagesWithoutALatency(t *testing.T) {
	t.Parallel()
	var all patterns
	site.New(site.Ports{}, &url.URL{Scheme: "https", Host: "meals.example.org"}, time.Now, nil).Register(&all)
	none := regexp.MustCompile("^(?:" + routes(t, "PageLatencyHigh") + ")$")
	var got []string
	for _, p := range all {
		if _, route, ok := strings.Cut(p, " "); ok && none.MatchString(route) {
			got = append(got, p)
		}
	}
	slices.Sort(got)
	want := []string{
		"GET /list/{token}/events", "GET /operations", "GET /operations/trace/{id}", "GET /picture/{recipe}/{size}", "GET /setup", "GET /setup/{step}",
		"GET /shopping/{week}/events", "GET /status", "POST /account/push", "POST /setup/{step}", "POST /shopping/{week}/push",
	}
	if !slices.Equal(got, want) {
		t.Errorf("without an alert are %q, want %q", got, want)
	}
}
