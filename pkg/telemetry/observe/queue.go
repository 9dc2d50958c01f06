package observe

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// NewQueueLog returns a logger for River, the job queue: its lines get our fields, lines below
// WARN are dropped, and a persistent error is logged at most every 5 minutes. While the
// database is down River logs more than once a second.
func NewQueueLog(log *slog.Logger, now func() time.Time) *slog.Logger {
	return slog.New(queueLog{log.Handler(), NewRepeats(now)})
}

type queueLog struct {
	slog.Handler
	repeats *Repeats
}

var _ slog.Handler = queueLog{}

// Enabled implements [slog.Handler].
func (h queueLog) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

// Handle implements [slog.Handler].
func (h queueLog) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	trouble := r.Message
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "err", "error": // the queue works on nothing but the database
			out.AddAttrs(slog.String("error_type", string(fault.DatabaseError)),
				slog.String("error_message", strings.Join(strings.Fields(a.Value.String()), " ")))
		case "job_id": // its number; ours is the schedule's
			trouble += " " + a.Value.String()
			out.AddAttrs(slog.Attr{Key: "queue_id", Value: a.Value})
		default:
			out.AddAttrs(a)
		}
		return true
	})
	if !h.repeats.News(trouble) {
		return nil
	}
	out.AddAttrs(slog.String("component", "scheduler"))
	return h.Handler.Handle(ctx, out)
}

// WithAttrs implements [slog.Handler].
func (h queueLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return queueLog{h.Handler.WithAttrs(attrs), h.repeats}
}

// WithGroup implements [slog.Handler].
func (h queueLog) WithGroup(name string) slog.Handler {
	return queueLog{h.Handler.WithGroup(name), h.repeats}
}
