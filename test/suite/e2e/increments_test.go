//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// recorder is an OTLP receiver that keeps what a process pushes.
type recorder struct {
	collector.UnimplementedMetricsServiceServer

	mu       sync.Mutex
	requests []*collector.ExportMetricsServiceRequest
}

// Export implements the OTLP metrics service.
func (r *recorder) Export(_ context.Context, req *collector.ExportMetricsServiceRequest) (*collector.ExportMetricsServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, req)
	return &collector.ExportMetricsServiceResponse{}, nil
}

func (r *recorder) all() []*collector.ExportMetricsServiceRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func record(t *testing.T) (*recorder, string) {
	t.Helper()
	r := &recorder{}
	ln := listen(t)
	srv := grpc.NewServer()
	collector.RegisterMetricsServiceServer(srv, r)
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(srv.Stop)
	return r, "http://" + ln.Addr().String()
}

// The first failure of a mail is a counter that was at zero since the start, and a
// statement that was never executed before, a series without a zero.
const (
	zeroSeries = "email_delivery_failures_total"
	newSeries  = "database_query_duration_seconds"
)

// TestFirstIncrements records what a scheduler pushes up to its first failed mail,
// stretches the time before the failure to two and a half hours, and pushes it into the
// real Prometheus: the first failure is an increase of one. Without the zero series and
// the start timestamps of each series, which the program sees to, it would be none.
func TestFirstIncrements(t *testing.T) {
	s := stacktest.Start(t, nil, nil, nil)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(filepath.Dir(s.LogFile("x"))), "conf", "prometheus", "targets", "stack.yml"), []byte("[]\n"), 0o644)) // its own samples would make older ones too old
	must(t, s.StartServer(stack.Prometheus, false))
	must(t, s.Await(t.Context(), stack.Prometheus))

	w := newWorld(t, s)
	pushed, endpoint := record(t)
	w.env = append(w.env, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "METRIC_INTERVAL=500ms")
	_, err := w.db.Exec(t.Context(), "update users set created_at = now()") // nobody's run is due
	must(t, err)
	w.sched = w.spawn(t, "scheduler")
	eventually(t, "ten pushes before the failure", 2*time.Minute, func() bool { return len(pushed.all()) > 10 })
	_, err = w.box.Faults.Set(faultswitch.Rule{Upstream: "smtp", Path: "RCPT", Status: 550, Times: 1})
	must(t, err)
	_, err = w.db.Exec(t.Context(), `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body)
		values ('user_lewis', 'weekly_plan', 'test', 'test@sandbox.example', 'lewis@sandbox.example', 's', 't', 'h')`)
	must(t, err)
	failure := -1
	eventually(t, "the failure among the pushes", 2*time.Minute, func() bool {
		failure = slices.IndexFunc(pushed.all(), func(r *collector.ExportMetricsServiceRequest) bool { return failed(r) })
		return failure >= 0 && len(pushed.all()) > failure+2
	})
	requests := pushed.all()

	began, before, end := requestTime(requests[0]), requestTime(requests[failure-1]), requestTime(requests[len(requests)-1])
	now := time.Now()
	const up, recent = 150 * time.Minute, 90 * time.Second
	shift := func(ns uint64) uint64 {
		at := time.Unix(0, int64(ns))
		if at.After(before) {
			return uint64(now.Add(-time.Duration(float64(recent) * float64(end.Sub(at)) / float64(end.Sub(before)))).UnixNano())
		}
		return uint64(now.Add(-recent - time.Duration(float64(up-recent)*float64(before.Sub(at))/float64(before.Sub(began)))).UnixNano())
	}
	for i, r := range requests {
		as := proto.Clone(r).(*collector.ExportMetricsServiceRequest)
		rename(as, "as-it-is")
		each(as, func(_ *otlp.Metric, p point) bool {
			p.set(shift(p.start()), shift(p.time()))
			return true
		})
		push(t, s, as)

		without := proto.Clone(r).(*collector.ExportMetricsServiceRequest)
		rename(without, "without")
		each(without, func(_ *otlp.Metric, p point) bool {
			p.set(shift(uint64(began.UnixNano())), shift(p.time())) // the SDK's default start: the instrument's
			return i >= failure                                     // no series before its first event
		})
		push(t, s, without)
	}
	for _, c := range []struct {
		service string
		ok      func(float64) bool
		want    string
	}{
		{"as-it-is", func(v float64) bool { return v >= .9 && v <= 1.3 }, "about 1"},
		{"without", func(v float64) bool { return v == 0 }, "0"},
	} {
		for _, selector := range []string{
			fmt.Sprintf(`%s{email_type="weekly_plan", service_name=%q}`, zeroSeries, c.service),
			fmt.Sprintf(`%s_count{query="mark_mail_failed", service_name=%q}`, newSeries, c.service),
		} {
			expr := "increase(" + selector + "[1h])"
			got := w.value(t, expr)
			fmt.Printf("%6.3f  %s, up for %s\n", got, expr, up)
			if !c.ok(got) {
				t.Errorf("%s = %g, want %s", expr, got, c.want)
			}
		}
	}
}

func failed(r *collector.ExportMetricsServiceRequest) bool {
	found := false
	each(r, func(m *otlp.Metric, p point) bool {
		found = found || m.Name == zeroSeries && p.number != nil && p.number.GetAsInt() == 1
		return true
	})
	return found
}

// requestTime is when a request's points were collected.
func requestTime(r *collector.ExportMetricsServiceRequest) (at time.Time) {
	each(r, func(_ *otlp.Metric, p point) bool {
		at = time.Unix(0, int64(p.time()))
		return true
	})
	return at
}

// point is a data point of any kind that starts somewhere.
type point struct {
	number    *otlp.NumberDataPoint
	histogram *otlp.HistogramDataPoint
}

func (p point) start() uint64 {
	if p.number != nil {
		return p.number.StartTimeUnixNano
	}
	return p.histogram.StartTimeUnixNano
}

func (p point) time() uint64 {
	if p.number != nil {
		return p.number.TimeUnixNano
	}
	return p.histogram.TimeUnixNano
}

func (p point) set(start, at uint64) {
	if p.number != nil {
		p.number.StartTimeUnixNano, p.number.TimeUnixNano = start, at
		return
	}
	p.histogram.StartTimeUnixNano, p.histogram.TimeUnixNano = start, at
	p.histogram.Exemplars = nil
}

// each shows the counters' and histograms' points of a request, and drops those for which
// keep says no. Gauges have no start and are dropped.
func each(r *collector.ExportMetricsServiceRequest, keep func(*otlp.Metric, point) bool) {
	for _, rm := range r.ResourceMetrics {
		for _, sm := range rm.ScopeMetrics {
			sm.Metrics = slices.DeleteFunc(sm.Metrics, func(m *otlp.Metric) bool {
				switch d := m.Data.(type) {
				case *otlp.Metric_Sum:
					d.Sum.DataPoints = slices.DeleteFunc(d.Sum.DataPoints, func(p *otlp.NumberDataPoint) bool { return !keep(m, point{number: p}) })
					return len(d.Sum.DataPoints) == 0
				case *otlp.Metric_Histogram:
					d.Histogram.DataPoints = slices.DeleteFunc(d.Histogram.DataPoints, func(p *otlp.HistogramDataPoint) bool { return !keep(m, point{histogram: p}) })
					return len(d.Histogram.DataPoints) == 0
				default:
					return true
				}
			})
		}
	}
}

func rename(r *collector.ExportMetricsServiceRequest, service string) {
	for _, rm := range r.ResourceMetrics {
		for _, kv := range rm.Resource.Attributes {
			if kv.Key == "service.name" {
				kv.Value = &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: service}}
			}
		}
	}
}

// push sends a request to Prometheus as the Collector does.
func push(t *testing.T, s *stack.Stack, r *collector.ExportMetricsServiceRequest) {
	t.Helper()
	body, err := proto.Marshal(r)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Ports.URL(stack.Prometheus)+"/api/v1/otlp/v1/metrics", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		var b strings.Builder
		_ = resp.Write(&b)
		t.Fatalf("Prometheus refuses: %s", b.String())
	}
}
