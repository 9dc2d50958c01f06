package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Retention of past data, in days. Executions are kept as long as metrics are.
const (
	executionDays = 120
	commandDays   = 120
	mailDays      = 120
	auditDays     = 365
	shoppingDays  = 120
)

// Retention deletes what may not be kept any longer, or is of no use.
type Retention struct{ q *db.Queries }

// NewRetention returns it.
func NewRetention(pool Conns) *Retention { return &Retention{db.New(pool)} }

// Purge deletes FatSecret's content after 23 hours, blanks the mails that hold its figures,
// drops connections that were begun and not finished, DEBUG wishes that are over at now, and
// old executions, mails, audits, undo records, sign-in links, sessions, answers to programs, what
// webhooks were told, shopping lists and invitations. What fails keeps nothing else from going.
func (r *Retention) Purge(ctx context.Context, now time.Time) error {
	_, content := r.q.PurgeFatSecret(ctx)
	_, diary := r.q.BlankDiaryMails(ctx)
	_, executions := r.q.PurgeExecutions(ctx, executionDays)
	_, undo := r.q.ForgetUndo(ctx)
	_, commands := r.q.PurgeSteerings(ctx, commandDays)
	_, mails := r.q.PurgeMails(ctx, mailDays)
	_, entries := r.q.PurgeDiaryEntries(ctx, commandDays)
	_, audit := r.q.PurgeSettingsAudit(ctx, auditDays)
	_, answers := r.q.PurgeFoodAnswersAudit(ctx, auditDays)
	_, invitations := r.q.PurgeInvitations(ctx)
	return failed("purge", errors.Join(content, diary, r.q.PurgeFatSecretPending(ctx), r.q.PurgeDebugUsers(ctx, now),
		executions, undo, commands, mails, entries, audit, answers, invitations, r.q.PurgePages(ctx, shoppingDays)))
}
