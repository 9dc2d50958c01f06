package observe

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// HeldTooLong is how long a connection may be held before its holder is logged: longer than a
// statement may run, so it indicates a leak.
const HeldTooLong = 30 * time.Second

// stackDepth is how many callers a line about a held connection names.
const stackDepth = 24

// Held is a pool tracer that logs connections held too long, with the stack of the acquiring
// code: a leak is reported where it originates.
type Held struct {
	log   *slog.Logger
	pool  string
	after time.Duration
	taken sync.Map // *pgx.Conn -> *time.Timer
}

var (
	_ pgx.QueryTracer       = (*Held)(nil)
	_ pgxpool.AcquireTracer = (*Held)(nil)
	_ pgxpool.ReleaseTracer = (*Held)(nil)
)

// NewHeld returns the tracer of a pool; after is usually [HeldTooLong].
func NewHeld(log *slog.Logger, pool string, after time.Duration) *Held {
	return &Held{log: log, pool: pool, after: after}
}

// TraceQueryStart implements [pgx.QueryTracer]; it ignores statements.
func (*Held) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (*Held) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceAcquireStart implements [pgxpool.AcquireTracer].
func (*Held) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return ctx
}

// TraceAcquireEnd implements [pgxpool.AcquireTracer].
func (h *Held) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, d pgxpool.TraceAcquireEndData) {
	if d.Err != nil || d.Conn == nil {
		return
	}
	callers := make([]uintptr, stackDepth)
	callers = callers[:runtime.Callers(3, callers)]
	ctx = telemetry.WithComponent(context.WithoutCancel(ctx), "database")
	h.taken.Store(d.Conn, time.AfterFunc(h.after, func() {
		h.log.WarnContext(ctx, "Database connection held too long", "pool", h.pool, "held_s", h.after.Seconds(), "stack", stackText(callers))
	}))
}

// TraceRelease implements [pgxpool.ReleaseTracer].
func (h *Held) TraceRelease(_ *pgxpool.Pool, d pgxpool.TraceReleaseData) {
	if t, ok := h.taken.LoadAndDelete(d.Conn); ok {
		t.(*time.Timer).Stop()
	}
}

// stackText lists callers, nearest first, without the database library's.
func stackText(callers []uintptr) string {
	var out []string
	for frames := runtime.CallersFrames(callers); ; {
		f, more := frames.Next()
		if f.Function != "" && !strings.Contains(f.Function, "jackc/pgx") && !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return strings.Join(out, " < ")
		}
	}
}
