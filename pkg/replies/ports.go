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

// Proof is how a mail's sender was authenticated.
type Proof int

// Letter is a received mail.
type Letter struct {
	MessageID  string
	From       string
	Recipients []string
	Date       time.Time
	Text       string   // quotations included
	TooLong    bool     // the text was truncated
	Ours       []string // our addresses: a line containing one is quoted
	Proof      Proof
	// Dropped is the outcome if the mail's form alone decides it: an automatic reply, bulk mail.
	Dropped command.Outcome
}

// Origin is the mail of ours that the user answers.
type Origin struct {
	User user.User
	Week calendar.Date
	Sent quotation.Fingerprint // of its words; empty: not stored
}

// Record is the stored audit of a mail or a click, with the data UNDO needs.
type Record struct {
	Week      calendar.Date
	Source    Source
	MessageID string // of the mail, or of the click
	Digest    string // of the content: detects a replay under another Message-ID
	Outcome   command.Outcome
	Said      string // digest of a text without effect; else ""
	Commands  []string
	Results   []string
	Before    *Before // of the applied commands
}

// Source is the channel of a command.
type Source string

// Before is the state UNDO restores: only what the record itself changed.
type Before struct {
	Wishes      plan.Wishes `json:"wishes"`
	Stored      *plan.Plan  `json:"stored,omitempty"`
	Dislikes    []string    `json:"added_dislikes,omitempty"`
	Preferences []string    `json:"added_preferences,omitempty"`
	Enabled     *bool       `json:"enabled,omitempty"` // nil: unchanged
	Targets     *Targets    `json:"targets,omitempty"` // nil: unchanged
	Ate         []Eaten     `json:"ate,omitempty"`     // what was said of the meals before
	Eaten       []plan.Slot `json:"eaten,omitempty"`   // of older records: nothing was said before
}

// Eaten is a meal that somebody says they ate.
type Eaten struct {
	Slot     plan.Slot          `json:"slot"`
	Servings nutrition.Servings `json:"servings"` // of the recipe; 0: it was not eaten, or nothing was said
}

// Targets is a change of a user's targets.
type Targets struct {
	Was   *nutrition.Macros `json:"was"` // nil: there were none
	Wrote *nutrition.Macros `json:"wrote"`
}

// Last is the newest applied record of a week.
type Last struct {
	ID        int64
	MessageID string
	Commands  []string
	Results   []string
	Before    Before
	Undone    bool
}

// Change is what one mail or click stores, atomically.
type Change struct {
	Record Record
	User   *user.User   // nil: unchanged
	Wishes *plan.Wishes // nil: unchanged
	Stored *plan.Plan   // nil: unchanged; else the week's new plan
	Eaten  []Eaten      // meals of which the user says it; those of 0 servings are forgotten
	Undone int64        // the undone record
	Mail   *mail.Mail
}

// Store is the database.
type Store interface {
	// Origin finds the mail that a reply key names. Kind NotFound.
	Origin(ctx context.Context, replyKey string) (Origin, error)
	// Proposal returns the user's commands awaiting confirmation under the key; nil: none.
	Proposal(ctx context.Context, userID, key string) ([]string, error)
	// Transact runs fn in a transaction under the user's lock.
	Transact(ctx context.Context, userID string, fn func(context.Context, Tx) error) error
}

// Tx is the database within [Store.Transact].
type Tx interface {
	Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error)
	// Seen reports whether a record with the Message-ID or the digest exists.
	Seen(ctx context.Context, messageID, digest string) (bool, error)
	// Recent counts the records since a time, of one outcome or, with "", of all.
	Recent(ctx context.Context, since time.Duration, by Source, o command.Outcome) (int, error)
	// Repeats counts the records of a text since a time.
	Repeats(ctx context.Context, said string, since time.Duration) (int, error)
	// Last returns the newest applied record of the week; nil when there is none.
	Last(ctx context.Context, week calendar.Date) (*Last, error)
	// Eaten returns the meals of the week that were said to be eaten.
	Eaten(ctx context.Context, week calendar.Date) ([]Eaten, error)
	Save(ctx context.Context, c Change) error
}

// Planner revises weeks.
type Planner interface {
	// Check says whether the wishes of a week that is not planned yet can be kept.
	Check(ctx context.Context, in planner.Inputs) error
	Revise(ctx context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error)
}

// Library returns a connection's stored recipes.
type Library interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
}

// Renderer renders the answers.
type Renderer interface {
	Answer(u user.User, a Answer) (mail.Mail, error)
	// Fixed returns the boilerplate lines that any mail may contain.
	Fixed() quotation.Fingerprint
}
