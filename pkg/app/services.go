package app

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// Services holds the wired stores and use cases that commands, pages and jobs call. They
// work without starting the program.
type Services struct {
	Users    *postgres.Users
	Plans    *postgres.Plans
	Outbox   *postgres.Outbox
	JobStore *postgres.Jobs
	Jobs     *jobs.Engine
	Alerts   *postgres.Alerts
	Runtime  *override.Runtime // overrides
	Coach    *coach.Coach
	Accounts *account.Accounts
	Feedback *observe.Feedback
	Recipes  *postgres.Recipes
	Sync     *recipesync.Service
	Delivery *outbox.Service
	Links    web.Links
	Mail     *mailer.SMTP
	Keys     *keyring.Service
	Log      *slog.Logger

	opts       Options
	pool       func() *pgxpool.Pool
	tracer     trace.Tracer
	ring       *seal.Ring
	generation *observe.Generation
	renderer   *mailer.Renderer
	commander  observe.Commander
	amendments *postgres.Amendments
	amender    observe.Amender
	publisher  observe.Publisher
	writeBook  *postgres.WriteBook
	inbox      *inbox.Reader // nil: replies are not read
	libraries  *tandoor.Libraries
	retention  *postgres.Retention
	tracked    *postgres.FatSecret
	wake       chan struct{}
}

// Wake makes delivery check the outbox immediately.
func (s *Services) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Migrate brings the schema up to date and returns the versions it applied.
func (s *Services) Migrate(ctx context.Context) ([]int64, error) {
	return postgres.Migrate(ctx, s.pool(), s.Log)
}

// Ready reports whether the role can start: the database answers and its schema is up to
// date. /readyz reports whether a started role still can work.
func (s *Services) Ready(ctx context.Context) error {
	n, err := postgres.Pending(ctx, s.pool())
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Unavailable, "database", "the schema lacks migrations (%d): run `mealplanner migrate`", n)
	}
	return nil
}

// CheckWrites writes a megabyte to the database's log, which a full or read-only disk refuses.
func (s *Services) CheckWrites(ctx context.Context) error {
	_, err := s.pool().Exec(ctx, "select pg_logical_emit_message(true, 'mealplanner doctor', repeat('x', 1048576))")
	return fault.Wrap(fault.DatabaseError, "write to the database (is its disk full or read-only?)", err)
}
