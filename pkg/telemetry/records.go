package telemetry

import (
	"context"
	"log/slog"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// conventional are OpenTelemetry's names of the fields of docs/logs.md. A line on stdout
// has the latter, a record over OTLP these; "" is what a record holds outside
// its attributes.
var conventional = map[string]string{
	"user_id":       string(semconv.UserIDKey),
	"error_type":    string(semconv.ErrorTypeKey),
	"error_message": string(semconv.ExceptionMessageKey),
	"stack_trace":   string(semconv.ExceptionStacktraceKey),
	"trace_id":      "",
}

// RecordName is the name that a field of a line has in its record; "" when it is no
// attribute there.
func RecordName(field string) string {
	if name, ok := conventional[field]; ok {
		return name
	}
	return field
}

// recordHandler gives fields their conventional names and drops empty ones: docs/logs.md
// requires them on every line, the conventions allow none without a value.
type recordHandler struct {
	next    slog.Handler
	grouped bool
}

// Enabled implements [slog.Handler].
func (h *recordHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h *recordHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.grouped {
		return h.next.Handle(ctx, r)
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a, ok := convention(a); ok {
			out.AddAttrs(a)
		}
		return true
	})
	return h.next.Handle(ctx, out)
}

// convention returns the attribute of a record, and whether there is one.
func convention(a slog.Attr) (slog.Attr, bool) {
	a.Value = a.Value.Resolve()
	if a.Value.Kind() == slog.KindString && a.Value.String() == "" {
		return a, false
	}
	if a.Key == "" { // a group that is no group: its attributes stand for themselves
		return a, true
	}
	a.Key = RecordName(a.Key)
	return a, a.Key != ""
}

// WithAttrs implements [slog.Handler].
func (h *recordHandler) WithAttrs(as []slog.Attr) slog.Handler {
	if h.grouped {
		return &recordHandler{h.next.WithAttrs(as), true}
	}
	var out []slog.Attr
	for _, a := range as {
		if a, ok := convention(a); ok {
			out = append(out, a)
		}
	}
	return &recordHandler{h.next.WithAttrs(out), false}
}

// WithGroup implements [slog.Handler].
func (h *recordHandler) WithGroup(name string) slog.Handler {
	return &recordHandler{h.next.WithGroup(name), h.grouped || name != ""}
}
