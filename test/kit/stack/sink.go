//go:build linux

package stack

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
)

// Sink takes what the Collector exports to Loki and keeps it as Loki would: under the index
// labels that loki/config.yaml names, everything else as structured metadata. It listens
// where Loki would, can be stopped and started, and answers no LogQL. A record that comes
// twice is kept once.
type Sink struct {
	resource, record map[string]bool // attributes that become index labels

	mu      sync.Mutex
	records []Record
	seen    map[string]bool
	bytes   int
	srv     *http.Server
}

// Record is one log line in the sink.
type Record struct {
	Labels, Metadata map[string]string
	Time             time.Time
	Text             string
}

// What the sink takes at most, in bytes: a line as Loki has it, and a request.
const (
	maxLine    = 256 << 10
	maxRequest = 64 << 20
)

// newSink reads from a configuration of Loki which attributes are index labels.
func newSink(config string) (*Sink, error) {
	b, err := os.ReadFile(config)
	if err != nil {
		return nil, err
	}
	type attributes []struct {
		Action     string
		Attributes []string
	}
	var c struct {
		Limits struct {
			OTLP struct {
				Resource struct {
					IgnoreDefaults bool       `yaml:"ignore_defaults"`
					Config         attributes `yaml:"attributes_config"`
				} `yaml:"resource_attributes"`
				Log attributes `yaml:"log_attributes"`
			} `yaml:"otlp_config"`
		} `yaml:"limits_config"`
	}
	if err := yaml.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", config, err)
	}
	if !c.Limits.OTLP.Resource.IgnoreDefaults {
		return nil, fmt.Errorf("%s: without ignore_defaults the sink does not know the index labels", config)
	}
	index := func(all attributes) map[string]bool {
		out := map[string]bool{}
		for _, a := range all {
			if a.Action == "index_label" {
				for _, name := range a.Attributes {
					out[name] = true
				}
			}
		}
		return out
	}
	return &Sink{resource: index(c.Limits.OTLP.Resource.Config), record: index(c.Limits.OTLP.Log), seen: map[string]bool{}}, nil
}

// start listens until stop.
func (k *Sink) start(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready\n") })
	mux.HandleFunc("POST /otlp/v1/logs", k.take)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	k.mu.Lock()
	k.srv = srv
	k.mu.Unlock()
	go func() { _ = srv.Serve(ln) }()
	return nil
}

func (k *Sink) stop() error {
	k.mu.Lock()
	srv := k.srv
	k.mu.Unlock()
	return srv.Close()
}

// take answers as Loki does: 204, and 400 for good when a line is too long, the others of the
// request being kept.
func (k *Sink) take(w http.ResponseWriter, r *http.Request) {
	req, err := decode(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	tooLong := 0
	for _, rl := range req.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, lr := range sl.LogRecords {
				rec := k.convert(rl, sl, lr)
				if len(rec.Text) > maxLine {
					tooLong++
					continue
				}
				k.keep(rec)
			}
		}
	}
	if tooLong > 0 {
		http.Error(w, fmt.Sprintf("%d lines are longer than %d bytes", tooLong, maxLine), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func decode(r *http.Request) (*collector.ExportLogsServiceRequest, error) {
	if t := r.Header.Get("Content-Type"); t != "application/x-protobuf" {
		return nil, fmt.Errorf("content type %q is not application/x-protobuf", t)
	}
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	default:
		return nil, fmt.Errorf("content encoding %q is neither gzip nor none", encoding)
	}
	b, err := io.ReadAll(io.LimitReader(body, maxRequest+1))
	if err == nil && len(b) > maxRequest {
		err = fmt.Errorf("a request of more than %d bytes", maxRequest)
	}
	if err != nil {
		return nil, err
	}
	req := &collector.ExportLogsServiceRequest{}
	return req, proto.Unmarshal(b, req)
}

// convert makes labels and metadata of a record as Loki does.
func (k *Sink) convert(rl *logs.ResourceLogs, sl *logs.ScopeLogs, lr *logs.LogRecord) Record {
	rec := Record{Labels: map[string]string{}, Metadata: map[string]string{}, Text: text(lr.Body)}
	rec.Time = time.Unix(0, int64(cmp.Or(lr.TimeUnixNano, lr.ObservedTimeUnixNano)))
	put := func(attributes []*common.KeyValue, index map[string]bool) {
		for _, kv := range attributes {
			into := rec.Metadata
			if index[kv.Key] {
				into = rec.Labels
			}
			flatten(into, labelName(kv.Key), kv.Value)
		}
	}
	put(rl.GetResource().GetAttributes(), k.resource)
	put(sl.GetScope().GetAttributes(), nil)
	put(lr.Attributes, k.record)
	say := func(name, value string) {
		if value != "" {
			rec.Metadata[name] = value
		}
	}
	say("scope_name", sl.GetScope().GetName())
	say("severity_text", lr.SeverityText)
	if lr.SeverityNumber != 0 {
		say("severity_number", strconv.Itoa(int(lr.SeverityNumber)))
	}
	say("trace_id", hex.EncodeToString(lr.TraceId))
	say("span_id", hex.EncodeToString(lr.SpanId))
	return rec
}

var noLabel = regexp.MustCompile(`[^A-Za-z0-9_]`)

func labelName(attribute string) string { return noLabel.ReplaceAllString(attribute, "_") }

// flatten puts a value under its name, the entries of a map under longer ones.
func flatten(into map[string]string, name string, v *common.AnyValue) {
	entries := v.GetKvlistValue()
	if entries == nil {
		into[name] = text(v)
		return
	}
	for _, kv := range entries.Values {
		flatten(into, name+"_"+labelName(kv.Key), kv.Value)
	}
}

func text(v *common.AnyValue) string {
	switch x := v.GetValue().(type) {
	case nil:
		return ""
	case *common.AnyValue_StringValue:
		return x.StringValue
	case *common.AnyValue_BoolValue:
		return strconv.FormatBool(x.BoolValue)
	case *common.AnyValue_IntValue:
		return strconv.FormatInt(x.IntValue, 10)
	case *common.AnyValue_DoubleValue:
		return strconv.FormatFloat(x.DoubleValue, 'f', -1, 64)
	case *common.AnyValue_ArrayValue:
		var parts []string
		for _, e := range x.ArrayValue.Values {
			parts = append(parts, text(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		return v.String()
	}
}

func (k *Sink) keep(rec Record) {
	id := fmt.Sprint(rec.Labels, rec.Metadata, rec.Time.UnixNano(), rec.Text) // maps print in order
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen[id] {
		return
	}
	k.seen[id] = true
	k.records = append(k.records, rec)
	k.bytes += len(rec.Text)
	for name, value := range rec.Metadata {
		k.bytes += len(name) + len(value)
	}
}

// Records are what has arrived, in its order.
func (k *Sink) Records() []Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.records)
}

// mostFound is how many lines Loki gives at most.
const mostFound = 5_000

// Find implements [LogStore].
func (k *Sink) Find(_ context.Context, s Selection, since time.Time) ([]telemetryapi.Line, error) {
	out, err := k.choose(s, since)
	return out[:min(len(out), mostFound)], err
}

// Count implements [LogStore].
func (k *Sink) Count(_ context.Context, s Selection) (int, error) {
	out, err := k.choose(s, time.Now().Add(-time.Hour))
	return len(out), err
}

// Bytes implements [LogStore].
func (k *Sink) Bytes(context.Context) (float64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return float64(k.bytes), nil
}

func (k *Sink) choose(s Selection, since time.Time) ([]telemetryapi.Line, error) {
	service, err := regexp.Compile("^(?:" + s.Service + ")$")
	if err != nil {
		return nil, err
	}
	var out []telemetryapi.Line
	for _, r := range k.Records() {
		all := maps.Clone(r.Labels)
		maps.Copy(all, r.Metadata)
		matches := service.MatchString(r.Labels["service_name"]) && !r.Time.Before(since)
		for name, value := range s.Fields {
			matches = matches && all[name] == value
		}
		if matches {
			out = append(out, telemetryapi.Line{Time: r.Time, Text: r.Text, Labels: all})
		}
	}
	return out, nil
}

// UseSink puts a sink in the place of Loki. It comes before the first start.
func (s *Stack) UseSink() (err error) {
	s.sink, err = newSink(s.file("loki", "config.yaml"))
	return err
}

// Sink is what is in the place of Loki; nil when that is real.
func (s *Stack) Sink() *Sink { return s.sink }
