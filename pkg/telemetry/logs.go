package telemetry

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// LogOptions select which lines are kept.
type LogOptions struct {
	Level slog.Level // default lowest level
	// SampleInfo keeps INFO lines for one trace in ten only. WARN and ERROR, lines
	// outside a trace and lines marked [Keep] always stay.
	SampleInfo bool
	// KeepAll lifts sampling, of the traces in the Collector too (TRACE_REQUESTS=true).
	KeepAll bool
	// Debug are users whose DEBUG lines are written until the given time.
	Debug map[string]time.Time
}

// Keep is an attribute that exempts a line from sampling. It is not printed.
var Keep = slog.Bool(keepKey, true)

const keepKey = "log_keep"

// newJSONHandler writes the fields of docs/logs.md: timestamp (RFC 3339,
// milliseconds, UTC), level, message.
func newJSONHandler(w io.Writer) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug, // the context handler in front decides
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				a.Key, a.Value = "timestamp", slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	})
}

// contextHandler adds trace_id, user_id, job_id and component from the context and
// decides which lines stay.
type contextHandler struct {
	next   slog.Handler
	levels *Levels
	opts   LogOptions
	has    map[string]bool // attributes of every line
}

// Enabled implements [slog.Handler].
func (h *contextHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.levels.of(UserFrom(ctx), time.Now()) //nolint:forbidigo // expiry of a debug level, outside any logic
}

// sampledOut reports whether the trace's INFO lines are among the nine tenths that are
// dropped: the last eight bytes of the trace id modulo ten, so a trace stays whole.
func sampledOut(id trace.TraceID) bool {
	return binary.BigEndian.Uint64(id[8:])%10 != 0
}

// Handle implements [slog.Handler].
func (h *contextHandler) Handle(ctx context.Context, r slog.Record) error {
	sc := trace.SpanContextFromContext(ctx)
	keep := false
	has := maps.Clone(h.has)
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	var component string
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case keepKey:
			keep = true
		case "component":
			component = a.Value.String()
		default:
			has[a.Key] = true
			out.AddAttrs(a)
		}
		return true
	})
	if r.Level == slog.LevelInfo && !keep && h.opts.SampleInfo && !h.opts.KeepAll && sc.IsValid() && sampledOut(sc.TraceID()) {
		return nil
	}
	if component == "" {
		component = fromContext(ctx, componentKey)
	}
	traceID := ""
	if sc.IsValid() {
		traceID = sc.TraceID().String()
		trace.SpanFromContext(ctx).SetAttributes(attribute.Bool("line.kept", true)) // tail sampling keeps such traces
	}
	if r.Level >= slog.LevelError {
		out.AddAttrs(errorFields(has)...)
	}
	out.AddAttrs(
		slog.String("component", component),
		slog.String("trace_id", traceID),
		slog.String("user_id", UserFrom(ctx)),
		slog.String("job_id", JobFrom(ctx)),
	)
	return h.next.Handle(ctx, out)
}

// errorFields are docs/logs.md's fields of an error that the line lacks: where
// it was written, and that the work is not tried again.
func errorFields(has map[string]bool) []slog.Attr {
	var out []slog.Attr
	for _, a := range []slog.Attr{
		slog.String("error_type", ""), slog.String("error_message", ""),
		slog.Int("retry_attempt", 0), slog.String("retry_scheduled_for", ""),
	} {
		if !has[a.Key] {
			out = append(out, a)
		}
	}
	if !has["stack_trace"] {
		out = append(out, slog.String("stack_trace", stackTrace()))
	}
	return out
}

// stackTrace is the stack of the code that writes a line, innermost call first, without
// the logging itself.
func stackTrace() string {
	var pcs [40]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	var b strings.Builder
	for ours := true; ; {
		f, more := frames.Next()
		if ours = ours && (strings.HasPrefix(f.Function, "log/slog.") || strings.HasPrefix(f.Function, thisPackage)); !ours && f.Function != "" {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return b.String()
		}
	}
}

const thisPackage = "github.com/mealplanner/mealplanner/pkg/telemetry."

// WithAttrs implements [slog.Handler].
func (h *contextHandler) WithAttrs(as []slog.Attr) slog.Handler {
	c := *h
	c.next, c.has = h.next.WithAttrs(as), maps.Clone(h.has)
	for _, a := range as {
		c.has[a.Key] = true
	}
	return &c
}

// WithGroup implements [slog.Handler].
func (h *contextHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.next = h.next.WithGroup(name)
	return &c
}
