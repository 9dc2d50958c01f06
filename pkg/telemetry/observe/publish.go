package observe

import (
	"context"
	"log/slog"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// Publisher writes plans back to their libraries.
type Publisher interface {
	Publish(ctx context.Context, userID string, today calendar.Date) ([]publish.Published, error)
	Push(ctx context.Context, userID string, week calendar.Date) (publish.Published, error)
}

// Publishing is a [Publisher] that logs new kinds of failure.
type Publishing struct {
	next Publisher
	log  *slog.Logger
}

var _ Publisher = (*Publishing)(nil)

// NewPublishing wraps next.
func NewPublishing(next Publisher, log *slog.Logger) *Publishing { return &Publishing{next, log} }

// Publish implements [Publisher].
func (p *Publishing) Publish(ctx context.Context, userID string, today calendar.Date) ([]publish.Published, error) {
	all, err := p.next.Publish(ctx, userID, today)
	for _, o := range all {
		p.tell(ctx, o)
	}
	return all, err
}

// Push implements [Publisher].
func (p *Publishing) Push(ctx context.Context, userID string, week calendar.Date) (publish.Published, error) {
	o, err := p.next.Push(ctx, userID, week)
	if err == nil {
		p.tell(ctx, o)
	}
	return o, err
}

func (p *Publishing) tell(ctx context.Context, o publish.Published) {
	ctx = telemetry.WithUser(ctx, o.User)
	line := []any{"component", "write_back", "connection", o.Connection, "week_of", o.Week.String()}
	switch {
	case o.Err != nil && (o.News || fault.KindOf(o.Err) == fault.DatabaseError):
		p.log.WarnContext(ctx, "Writing the plan back failed", append(line, fault.Fields(fault.KindOf(o.Err), o.Err)...)...)
	case o.Err == nil && o.News && len(o.Refused) > 0:
		p.log.WarnContext(ctx, "Plan written back in part", append(line, "error_type", string(fault.TandoorError), "error_message", strings.Join(o.Refused, "; "))...)
	}
}
