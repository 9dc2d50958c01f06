package replies

import (
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Answer is what the user is told.
type Answer struct {
	Week       calendar.Date
	Outcome    command.Outcome
	InReplyTo  string // the mail that is answered; "" for a click
	Key        string // names the answer: one for each mail or click
	Done       []Result
	Problems   []command.Problem // what cannot be read or carried out
	Ignored    []string          // lines that are no commands
	Diff       []plan.Difference
	Was, Is    *plan.Week // nil: there was no plan
	Status     *Status
	Help       bool
	Reminder   bool     // how to get help, in a line
	Undo       string   // the line of a button that takes it back; "" = nothing to take back
	Waiting    []string // commands that wait for a click
	Confirm    string   // the line of the button that carries them out
	PlanExists bool
}

// Result is what one command did.
type Result struct{ Line, Text string }

// Status is what is in force in a week.
type Status struct {
	Week    *plan.Week // nil: not planned yet
	Wishes  plan.Wishes
	User    user.User
	Waiting string // what is to come
}
