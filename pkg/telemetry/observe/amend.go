package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// Amender amends a user's outdated plans, and replans stored weeks.
type Amender interface {
	User(ctx context.Context, userID string) ([]amend.Done, error)
	Replan(ctx context.Context, userID string, week calendar.Date, apply bool) (amend.Done, plan.Plan, error)
}

// Amendments is an [Amender] seen from outside: a span for each user, and a line for each
// week whose meals were replaced.
type Amendments struct {
	next   Amender
	tracer trace.Tracer
	log    *slog.Logger
}

var _ Amender = (*Amendments)(nil)

// NewAmendments wraps next.
func NewAmendments(next Amender, tracer trace.Tracer, log *slog.Logger) *Amendments {
	return &Amendments{next, tracer, log}
}

// User implements [Amender].
func (a *Amendments) User(ctx context.Context, userID string) ([]amend.Done, error) {
	ctx = telemetry.WithUser(telemetry.WithComponent(ctx, "amendment"), userID)
	ctx, span := a.tracer.Start(ctx, "amend plans", trace.WithAttributes(semconv.UserID(userID)))
	defer span.End()
	done, err := a.next.User(ctx, userID)
	if err != nil {
		fail(span, err)
		return nil, err
	}
	for _, d := range done {
		a.amended(ctx, d)
	}
	return done, nil
}

func (a *Amendments) amended(ctx context.Context, d amend.Done) {
	a.log.InfoContext(ctx, "Plan amended", "week_of", d.Week.String(), "meals_replaced", len(d.Replaced), "meals_lost", d.Lost, "mailed", d.Mailed)
}

// Replan implements [Amender].
func (a *Amendments) Replan(ctx context.Context, userID string, week calendar.Date, apply bool) (amend.Done, plan.Plan, error) {
	ctx = telemetry.WithUser(telemetry.WithComponent(ctx, "amendment"), userID)
	ctx, span := a.tracer.Start(ctx, "replan week", trace.WithAttributes(semconv.UserID(userID), attribute.Bool("dry_run", !apply)))
	defer span.End()
	done, s, err := a.next.Replan(ctx, userID, week, apply)
	if err != nil {
		fail(span, err)
		return done, s, err
	}
	if apply && len(done.Replaced) > 0 {
		a.amended(ctx, done)
	}
	return done, s, nil
}
