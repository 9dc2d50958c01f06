package app

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/account/signin"
	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
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
	Users       *postgres.Users // with their connections
	Plans       *postgres.Plans
	Outbox      *postgres.Outbox      // mails that wait, and what became of them
	Delivery    *outbox.Service       // sends them
	Mail        *mailer.SMTP          // the mail server
	Feedback    *observe.Feedback     // opens, clicks and bounces
	Jobs        *jobs.Engine          // runs jobs
	JobStore    *postgres.Jobs        // their schedules, executions and overrides
	Runtime     *override.Runtime     // the overrides in force
	Recipes     *postgres.Recipes     // the recipe pools
	Library     *library.Service      // what can be planned from them, and what is unknown
	Shopping    *shopping.Service     // shopping lists as people work them off
	SignIns     *signin.Service       // links by which people sign in
	Tokens      *access.Service       // by which programs act for users
	Webhooks    *webhook.Service      // programs that are told what happens
	Connections *connection.Service   // how libraries are connected
	Invitations *invite.Service       // people who set themselves up
	Invited     *postgres.Invitations // those who have not done so
	Sync        *recipesync.Service   // keeps them fresh
	Accounts    *account.Accounts     // at FatSecret
	Coach       *coach.Coach          // advice and trends
	Follower    *coach.Follower       // what was planned and eaten, for who asks
	Alerts      *postgres.Alerts      // acknowledgements, responses, the heartbeat
	Links       web.Links
	Keys        *keyring.Service
	Log         *slog.Logger

	opts       Options
	pool       func() *pgxpool.Pool
	tracer     trace.Tracer
	ring       *seal.Ring
	generation *observe.Generation  // plans a week
	renderer   *mailer.Renderer     // writes mails
	commander  observe.Commander    // carries out commands
	commands   *postgres.Commands   // those that were carried out
	inbox      *inbox.Reader        // nil: replies are not read
	amendments *postgres.Amendments // which plans are outdated
	amender    observe.Amender      // brings them in line
	libraries  *tandoor.Libraries   // their clients
	publisher  observe.Publisher    // writes plans back to them
	writeBook  *postgres.WriteBook  // what was written back
	retention  *postgres.Retention  // deletes what is too old
	fatsecret  *postgres.FatSecret  // cached content and the day's budget of calls
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

// Vocabulary returns the names in a connection's library; it is empty before the first import.
func (s *Services) Vocabulary(ctx context.Context, connection string) (library.Vocabulary, error) {
	recipes, err := s.Recipes.Load(ctx, connection)
	return library.VocabularyOf(recipes), err
}
