package config

import "slices"

// OTLPSignal is where one signal goes.
type OTLPSignal struct {
	Name                         string // TRACES, METRICS or LOGS, as in the variables
	Exporter, Endpoint, Protocol string
}

// Signals are those of the program, each with what is set for it alone.
func (t Telemetry) Signals() []OTLPSignal {
	return []OTLPSignal{
		{"TRACES", t.TracesExporter, t.TracesEndpoint, t.TracesProtocol},
		{"METRICS", t.MetricsExporter, t.MetricsEndpoint, t.MetricsProtocol},
		{"LOGS", t.LogsExporter, t.LogsEndpoint, t.LogsProtocol},
	}
}

// Exports reports whether anything goes out over OTLP.
func (t Telemetry) Exports() bool { return len(t.OTLPEndpoints()) > 0 }

// ExportsLogs reports whether the lines go out over OTLP.
func (t Telemetry) ExportsLogs() bool { return t.exported(t.Signals()[2]) }

func (t Telemetry) exported(s OTLPSignal) bool {
	return !t.Disabled && s.Exporter != "none" && s.Exporter != "console" && (s.Endpoint != "" || t.OTLPEndpoint != "")
}

// OTLPEndpoints are the addresses that something is sent to, each once.
func (t Telemetry) OTLPEndpoints() []string {
	var out []string
	for _, s := range t.Signals() {
		e := s.Endpoint
		if e == "" {
			e = t.OTLPEndpoint
		}
		if t.exported(s) && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

func (t Telemetry) check() error {
	endpoint := func(variable, e string) error {
		if e != "" && !isHTTP(e) {
			return bad(variable, "%q is not an http(s) address: want http://host:4317, or https:// with TLS", e)
		}
		return nil
	}
	protocol := func(variable, p string) error {
		if !slices.Contains([]string{"", "grpc", "http/protobuf"}, p) {
			return bad(variable, "%q is neither grpc nor http/protobuf", p)
		}
		return nil
	}
	if err := endpoint("OTEL_EXPORTER_OTLP_ENDPOINT", t.OTLPEndpoint); err != nil {
		return err
	}
	if err := protocol("OTEL_EXPORTER_OTLP_PROTOCOL", t.OTLPProtocol); err != nil {
		return err
	}
	for _, s := range t.Signals() {
		if !slices.Contains([]string{"", "otlp", "console", "none"}, s.Exporter) {
			return bad("OTEL_"+s.Name+"_EXPORTER", "%q is not one of otlp, console, none", s.Exporter)
		}
		if err := endpoint("OTEL_EXPORTER_OTLP_"+s.Name+"_ENDPOINT", s.Endpoint); err != nil {
			return err
		}
		if err := protocol("OTEL_EXPORTER_OTLP_"+s.Name+"_PROTOCOL", s.Protocol); err != nil {
			return err
		}
	}
	return nil
}
