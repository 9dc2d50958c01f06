package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/account/signin"
	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
	"github.com/mealplanner/mealplanner/pkg/web/hook"
)

// wire builds the stores, the use cases and their decorators.
func (a *App) wire(pool *postgres.Pool, timings *observe.Timings) error {
	c := a.opts.Config
	ring, err := seal.ParseRing(c.Security.Key)
	if err != nil {
		return err
	}
	a.s.ring, a.s.Keys = ring, keyring.New(postgres.NewKeys(pool), ring, web.LongestLink)
	tracer := a.telemetry.Tracer()
	a.s.Users, a.s.Outbox, a.s.Recipes = postgres.NewUsers(pool), postgres.NewOutbox(pool, observe.TraceParent), postgres.NewRecipes(pool)
	a.s.Plans, a.s.writeBook = postgres.NewPlans(pool, observe.TraceParent), postgres.NewWriteBook(pool)
	a.s.Links = web.Links{
		Base:   strings.TrimRight(c.Web.PublicURL, "/"),
		Signer: signedlink.New(ring, a.opts.Now),
		Inbox:  c.IMAP.Inbox(c.SMTP),
	}
	if a.s.renderer, err = mailer.NewRenderer(a.s.Links, c.SMTP.Domain()); err != nil {
		return err
	}
	if a.s.Mail, err = NewMail(c.SMTP); err != nil {
		return err
	}
	a.readiness = &readiness{ping: func(ctx context.Context) error { return postgres.Ready(ctx, pool.Current()) }, now: a.opts.Now}
	a.leader = postgres.NewLeader(pool.Current())
	prober := resilient.NewClient(http.DefaultTransport, observe.ProbeTimeout)
	a.s.libraries = a.newLibraries(prober)
	a.s.fatsecret = postgres.NewFatSecret(pool, c.FatSecret.DailyBudget)
	if a.s.Accounts, err = a.newAccounts(a.s.fatsecret, postgres.NewDiary(pool, a.s.Recipes)); err != nil {
		return err
	}
	sync := recipesync.DefaultSettings()
	sync.Timeout, sync.MaxAge = c.Generation.UpstreamTimeout, c.Generation.PoolMaxAge
	a.s.Sync = recipesync.New(observe.NewUpstream(a.s.libraries, tracer), a.s.Recipes, sync, a.opts.Now)
	a.s.Library = library.New(a.s.Recipes, a.s.Users)
	a.s.Connections = connection.New(a.s.Users, a.s.CheckConnection, a.s.Vocabulary)
	a.s.Invited = postgres.NewInvitations(pool)
	a.s.Invitations = &invite.Service{Store: a.s.Invited, Libraries: a.s.Users, Tandoor: a.s}
	a.s.SignIns = signin.New(postgres.NewSignIns(pool), a.s.renderer, a.s.Outbox)
	a.s.Tokens = access.New(postgres.NewTokens(pool))
	a.s.Webhooks = webhook.New(postgres.NewWebhooks(pool), observe.NewWebhooks(hook.New(c.Web.WebhookInternal), tracer, a.log), ring, a.opts.Now, c.Web.WebhookInternal)
	a.s.Delivery = outbox.New(a.s.Outbox, observe.NewMails(a.s.Mail, tracer, a.rec, a.log, a.opts.Now))
	planning := planner.New(a.s.Sync, a.s.Accounts, a.s.Plans, a.s.renderer, observe.Step(tracer), planner.Settings{
		Timeout: a.s.Runtime.GenerationTimeout, Effort: c.Generation.Effort, Sequential: a.opts.Sequential, RequireUpstreams: c.Generation.RequireUpstreams,
	})
	a.s.generation = observe.NewGeneration(planning, tracer, timings, a.rec, a.log)
	a.s.commands = postgres.NewCommands(pool, observe.TraceParent)
	commandPorts := replies.Ports{Store: a.s.commands, Planner: planning, Library: a.s.Recipes, Tokens: a.s.Links.Signer, Renderer: a.s.renderer}
	a.s.commander = observe.NewCommands(replies.New(commandPorts, commandSlots(pool), a.opts.Now), tracer, a.rec, a.log)
	a.s.amendments = postgres.NewAmendments(pool, observe.TraceParent)
	a.s.amender = observe.NewAmendments(amend.New(a.s.amendments, planning, a.s.renderer, a.opts.Now), tracer, a.log)
	if a.s.inbox, err = a.newInbox(a.s.commands); err != nil {
		return err
	}
	a.s.Shopping = shopping.New(postgres.NewShopping(pool), a.s.Plans, a.s.Users)
	a.s.publisher = observe.NewPublishing(publish.New(a.s.Plans, a.s.Recipes, a.s.libraries, a.s.writeBook, a.s.Shopping), a.log)
	a.s.Coach = coach.New(a.s.Accounts, a.s.Users, a.s.Plans, a.s.Outbox, a.s.fatsecret, a.s.renderer)
	a.s.Follower = coach.NewFollower(a.s.Accounts, a.s.Users, a.s.Plans, a.s.fatsecret, a.opts.Now)
	a.s.Feedback = observe.NewFeedback(a.s.Outbox, a.rec, a.log)
	a.s.JobStore, a.s.Alerts = postgres.NewJobs(pool), postgres.NewAlerts(pool)
	a.s.retention = postgres.NewRetention(pool)
	a.installation = observe.NewInstallation(a.log, a.records().Groups()...)
	a.availability = a.newAvailability(prober)
	return a.newJobEngine(a.instance)
}

// commandSlots is how many mails or clicks may be handled concurrently: each needs two database connections.
func commandSlots(pool *postgres.Pool) int { return max(1, pool.Size()/4) }

// NewMail returns the SMTP client.
func NewMail(c config.SMTP) (*mailer.SMTP, error) {
	return mailer.NewSMTP(mailer.SMTPOptions{
		Host: c.Host, Port: c.Port, Username: c.Username, Password: c.Password.Reveal(),
		Encryption: mailer.Encryption(c.Encryption), From: c.From, ReplyTo: c.ReplyTo, Timeout: c.Timeout,
	})
}
