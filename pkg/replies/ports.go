package replies

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Proof says who vouches for a mail's sender.
type Proof int

// Letter is a mail that came in.
type Letter struct {
	MessageID  string
	From       string
	Recipients []string
	Date       time.Time
	Text       string   // with what it quotes
	TooLong    bool     // it was cut
	Ours       []string // our addresses: a line that names one is quoted
	Proof      Proof
	// Dropped is an outcome that its form alone decides: an automatic reply, bulk mail.
	Dropped command.Outcome
}

// Origin is the mail that is answered.
type Origin struct {
	User user.User
	Week calendar.Date
	Sent quotation.Fingerprint // of its words; empty: they were not kept
}

// Record is what is kept of a mail or a click: an audit, and what UNDO needs.
type Record struct {
	Week      calendar.Date
	Source    Source
	MessageID string // of the mail, or of the click
	Digest    string // of the content: a replay under another Message-ID is found out
	Outcome   command.Outcome
	Said      string // digest of a text by which nothing was done; else ""
	Commands  []string
	Results   []string
	Before    *Before // of what was applied
}

// Source says how a command came.
type Source string

// Before is what UNDO brings back: what the record itself changed, and nothing else.
type Before struct {
	Wishes      plan.Wishes `json:"wishes"`
	Stored      *plan.Plan  `json:"stored,omitempty"`
	Dislikes    []string    `json:"added_dislikes,omitempty"`
	Preferences []string    `json:"added_preferences,omitempty"`
	Enabled     *bool       `json:"enabled,omitempty"` // nil: it was not changed
	Targets     *Targets    `json:"targets,omitempty"` // nil: they were not changed
	Eaten       []plan.Slot `json:"eaten,omitempty"`
}

// Targets are a change of a user's targets.
type Targets struct {
	Was   *nutrition.Macros `json:"was"` // nil: there were none
	Wrote *nutrition.Macros `json:"wrote"`
}

// Last is the newest applied record of a week.
type Last struct {
	ID        int64
	MessageID string
	Commands  []string
	Before    Before
	Undone    bool
}

// Change is what one mail or click stores, all of it or nothing.
type Change struct {
	Record  Record
	User    *user.User   // nil: unchanged
	Wishes  *plan.Wishes // nil: unchanged
	Stored  *plan.Plan   // nil: unchanged; else the week's new plan
	Eaten   []plan.Slot  // meals that the user says they ate as planned
	Uneaten []plan.Slot  // of which they take that back
	Undone  int64        // the record that was taken back
	Mail    *mail.Mail
}

// Store is the database.
type Store interface {
	// Origin finds the mail that a reply key names. Kind NotFound.
	Origin(ctx context.Context, replyKey string) (Origin, error)
	// Proposal returns the user's commands that wait under the key for a click; nil: none do.
	Proposal(ctx context.Context, userID, key string) ([]string, error)
	// Transact runs fn in a transaction that no other change of the user's runs beside.
	Transact(ctx context.Context, userID string, fn func(context.Context, Tx) error) error
}

// Tx is the database within [Store.Steer].
type Tx interface {
	Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error)
	// Seen reports whether a record has the Message-ID or the digest.
	Seen(ctx context.Context, messageID, digest string) (bool, error)
	// Recent counts the records since a time; those of one outcome, or all with "".
	Recent(ctx context.Context, since time.Duration, by Source, o command.Outcome) (int, error)
	// Said counts the records of a text since a time.
	Said(ctx context.Context, said string, since time.Duration) (int, error)
	// Last returns the newest applied record of the week; nil when there is none.
	Last(ctx context.Context, week calendar.Date) (*Last, error)
	Save(ctx context.Context, c Change) error
}

// Planner revises weeks.
type Planner interface {
	// Check says whether the wishes of a week that is not planned yet can be kept.
	Check(ctx context.Context, in planner.Inputs) error
	Revise(ctx context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error)
}

// Library gives the recipes that are known of a connection.
type Library interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
}

// Renderer makes the answers.
type Renderer interface {
	Answer(u user.User, a Answer) (mail.Mail, error)
	// Fixed is of the words that any mail may have.
	Fixed() quotation.Fingerprint
}
