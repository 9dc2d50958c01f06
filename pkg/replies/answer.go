package replies

import (
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Answer is the reply to a user's mail or click.
type Answer struct {
	Week       calendar.Date
	Outcome    command.Outcome
	InReplyTo  string // the user's mail; "" for a click
	Key        string // unique per mail or click
	Done       []Result
	Problems   []command.Problem // lines that could not be parsed or carried out
	Ignored    []string          // lines that are not commands
	Diff       []plan.Difference
	Was, Is    *plan.Week // nil: there was no plan
	Groceries  []grocery.Change
	Status     *Status
	Help       bool
	Reminder   bool     // one line on how to get help
	Undo       string   // the line of the undo button; "" = nothing to undo
	Waiting    []string // commands awaiting confirmation
	Confirm    string   // the line of the button that confirms them
	PlanExists bool
}

// Result is what one command did.
type Result struct{ Line, Text string }

// Status is the current state of a week.
type Status struct {
	Week    *plan.Week // nil: not planned yet
	Wishes  plan.Wishes
	User    user.User
	Waiting string // when a week without a plan will be planned
}
