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
		ctx := telemetry.WithUser(ctx, o.User)
		line := []any{"component", "write_back", "connection", o.Connection, "week_of", o.Week.String()}
		switch {
		case o.Err != nil && (o.News || fault.KindOf(o.Err) == fault.DatabaseError):
			p.log.WarnContext(ctx, "Writing the plan back failed", append(line, Failure(fault.KindOf(o.Err), o.Err)...)...)
		case o.Err == nil && o.News && len(o.Refused) > 0:
			p.log.WarnContext(ctx, "Plan written back in part", append(line, "error_type", string(fault.TandoorError), "error_message", strings.Join(o.Refused, "; "))...)
		}
	}
	return all, err
}
