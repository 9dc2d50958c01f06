package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// wire builds the stores, the use cases and what is wrapped around them.
func (a *App) wire(pool *postgres.Pool, timings *observe.Timings) error {
	c := a.opts.Config
	ring, err := seal.ParseRing(c.Security.Key)
	if err != nil {
		return err
	}
	a.ring, a.Keys = ring, keyring.New(postgres.NewKeys(pool), ring, web.LongestLink)
	tracer := a.telemetry.Tracer()
	a.Users, a.Outbox, a.Recipes = postgres.NewUsers(pool), postgres.NewOutbox(pool, observe.TraceParent), postgres.NewRecipes(pool)
	a.Plans, a.writeBook = postgres.NewPlans(pool, observe.TraceParent), postgres.NewWriteBook(pool)
	a.Links = web.Links{
		Base:   strings.TrimRight(c.Web.PublicURL, "/"),
		Signer: signedlink.New(ring, a.opts.Now),
		Inbox:  c.IMAP.Inbox(c.SMTP),
	}
	if a.renderer, err = mailer.NewRenderer(a.Links, c.SMTP.Domain()); err != nil {
		return err
	}
	if a.Mail, err = NewMail(c.SMTP); err != nil {
		return err
	}
	a.readiness = &readiness{ping: func(ctx context.Context) error { return postgres.Ready(ctx, pool.Current()) }, now: a.opts.Now}
	a.leader = postgres.NewLeader(pool.Current())
	prober := resilient.NewClient(http.DefaultTransport, observe.ProbeTimeout)
	a.libraries = a.newLibraries(prober)
	a.tracked = postgres.NewFatSecret(pool, c.FatSecret.DailyBudget)
	if a.Accounts, err = a.newAccounts(a.tracked, postgres.NewDiary(pool, a.Recipes)); err != nil {
		return err
	}
	sync := recipesync.DefaultSettings()
	sync.Timeout, sync.MaxAge = c.Generation.UpstreamTimeout, c.Generation.PoolMaxAge
	a.Sync = recipesync.New(observe.NewUpstream(a.libraries, tracer), a.Recipes, sync, a.opts.Now)
	a.Delivery = outbox.New(a.Outbox, observe.NewMails(a.Mail, tracer, a.rec, a.Log, a.opts.Now))
	week := planner.New(a.Sync, a.Accounts, a.Plans, a.renderer, observe.Step(tracer), planner.Settings{
		Timeout: a.Runtime.GenerationTimeout, Effort: c.Generation.Effort, Sequential: a.opts.Sequential, RequireUpstreams: c.Generation.RequireUpstreams,
	})
	a.generation = observe.NewGeneration(week, tracer, timings, a.rec, a.Log)
	a.commandStore = postgres.NewCommands(pool, observe.TraceParent)
	steer := replies.Ports{Store: a.commandStore, Planner: week, Library: a.Recipes, Tokens: a.Links.Signer, Renderer: a.renderer}
	a.commander = observe.NewCommands(replies.New(steer, commandSlots(pool), a.opts.Now), tracer, a.rec, a.Log)
	a.amendments = postgres.NewAmendments(pool, observe.TraceParent)
	a.amender = observe.NewAmendments(amend.New(a.amendments, week, a.renderer, a.opts.Now), tracer, a.Log)
	if a.inbox, err = a.newInbox(); err != nil {
		return err
	}
	a.publisher = observe.NewPublishing(publish.New(a.Plans, a.Recipes, a.libraries, a.writeBook), a.Log)
	a.Coach = coach.New(a.Accounts, a.Users, a.Plans, a.Outbox, a.tracked, a.renderer)
	a.Feedback = observe.NewFeedback(a.Outbox, a.rec, a.Log)
	a.JobStore, a.Alerts = postgres.NewJobs(pool), postgres.NewAlerts(pool)
	a.retention = postgres.NewRetention(pool)
	a.installation = observe.NewInstallation(a.Log, a.records().Groups()...)
	a.availability = a.newAvailability(prober)
	return a.newEngine(a.instance)
}

// commandSlots is how many steerings may go on at a time: each needs two connections.
func commandSlots(pool *postgres.Pool) int { return max(1, pool.Size()/4) }

// NewMail returns the way mail leaves.
func NewMail(c config.SMTP) (*mailer.SMTP, error) {
	return mailer.NewSMTP(mailer.SMTPOptions{
		Host: c.Host, Port: c.Port, Username: c.Username, Password: c.Password.Reveal(),
		Encryption: mailer.Encryption(c.Encryption), From: c.From, ReplyTo: c.ReplyTo, Timeout: c.Timeout,
	})
}
