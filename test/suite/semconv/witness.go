package semconv

import (
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// Witness receives OTLP over HTTP and notes every attribute's name.
type Witness struct {
	Seen
	srv *httptest.Server
}

// NewWitness listens on a loopback port until it is closed.
func NewWitness() *Witness {
	w := &Witness{}
	mux := http.NewServeMux()
	handle(mux, "/v1/traces", func() *coltrace.ExportTraceServiceRequest { return &coltrace.ExportTraceServiceRequest{} }, w.traces)
	handle(mux, "/v1/metrics", func() *colmetrics.ExportMetricsServiceRequest { return &colmetrics.ExportMetricsServiceRequest{} }, w.metrics)
	handle(mux, "/v1/logs", func() *collogs.ExportLogsServiceRequest { return &collogs.ExportLogsServiceRequest{} }, w.logs)
	w.srv = httptest.NewServer(mux)
	return w
}

// Close ends the server.
func (w *Witness) Close() { w.srv.Close() }

// URL is the endpoint of all signals, for http/protobuf.
func (w *Witness) URL() string { return w.srv.URL }

// Main adds to the exit code of a package's tests what the names say: a wrong one, or, when
// every test ran, a declared one that neither they nor any code sends.
func (w *Witness) Main(code int) int {
	own, err := Declared()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	problems := w.Problems(own)
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		if err := w.Source(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		problems = append(problems, w.Unused(own)...)
	}
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, "semconv:", p)
		code = 1
	}
	return code
}

// maxRequest is the most bytes of a request that are read.
const maxRequest = 64 << 20

func handle[M proto.Message](mux *http.ServeMux, path string, empty func() M, take func(M)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = z
		}
		b, err := io.ReadAll(io.LimitReader(body, maxRequest))
		m := empty()
		if err == nil {
			err = proto.Unmarshal(b, m)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		take(m)
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
}

func (w *Witness) note(in string, attributes []*common.KeyValue, of string) {
	for _, kv := range attributes {
		w.Add(in, kv.Key, of)
	}
}

func (w *Witness) traces(req *coltrace.ExportTraceServiceRequest) {
	for _, rs := range req.ResourceSpans {
		w.note(Resource, rs.GetResource().GetAttributes(), "traces")
		for _, ss := range rs.ScopeSpans {
			w.note(Scope, ss.GetScope().GetAttributes(), ss.GetScope().GetName())
			for _, s := range ss.Spans {
				w.note(Span, s.Attributes, s.Name)
				for _, e := range s.Events {
					w.note(Event, e.Attributes, s.Name+", "+e.Name)
				}
				for _, l := range s.Links {
					w.note(Link, l.Attributes, s.Name)
				}
			}
		}
	}
}

func (w *Witness) metrics(req *colmetrics.ExportMetricsServiceRequest) {
	for _, rm := range req.ResourceMetrics {
		w.note(Resource, rm.GetResource().GetAttributes(), "metrics")
		for _, sm := range rm.ScopeMetrics {
			w.note(Scope, sm.GetScope().GetAttributes(), sm.GetScope().GetName())
			for _, m := range sm.Metrics {
				w.points(m)
			}
		}
	}
}

func (w *Witness) points(m *metricpb.Metric) {
	for _, p := range append(m.GetGauge().GetDataPoints(), m.GetSum().GetDataPoints()...) {
		w.note(Metric, p.Attributes, m.Name)
		for _, e := range p.Exemplars {
			w.note(Metric, e.FilteredAttributes, m.Name+", an exemplar")
		}
	}
	for _, p := range m.GetHistogram().GetDataPoints() {
		w.note(Metric, p.Attributes, m.Name)
		for _, e := range p.Exemplars {
			w.note(Metric, e.FilteredAttributes, m.Name+", an exemplar")
		}
	}
}

func (w *Witness) logs(req *collogs.ExportLogsServiceRequest) {
	for _, rl := range req.ResourceLogs {
		w.note(Resource, rl.GetResource().GetAttributes(), "logs")
		for _, sl := range rl.ScopeLogs {
			w.note(Scope, sl.GetScope().GetAttributes(), sl.GetScope().GetName())
			for _, r := range sl.LogRecords {
				w.note(Line, r.Attributes, r.Body.GetStringValue())
			}
		}
	}
}
