package observe

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

// Upstream instruments a [recipesync.Upstream]: one span around the many calls of a sync.
type Upstream struct {
	next   recipesync.Upstream
	tracer trace.Tracer
}

var _ recipesync.Upstream = (*Upstream)(nil)

// NewUpstream wraps next.
func NewUpstream(next recipesync.Upstream, tracer trace.Tracer) *Upstream {
	return &Upstream{next, tracer}
}

// Fetch implements [recipesync.Upstream].
func (u *Upstream) Fetch(ctx context.Context, c recipe.Connection, ask recipesync.Ask) (recipesync.Found, error) {
	ctx, span := u.tracer.Start(ctx, "sync recipes", trace.WithAttributes(
		attribute.String("connection", c.ID), attribute.Bool("full", ask.Full), attribute.Int("known", len(ask.Known)),
	))
	defer span.End()
	found, err := u.next.Fetch(ctx, c, ask)
	span.SetAttributes(attribute.Int("changed", len(found.Changed)), attribute.Int("deleted", len(found.Deleted)), attribute.Int("refused", len(found.Refused)), attribute.Int("problems", len(found.Problems)))
	fail(span, err)
	return found, err
}
