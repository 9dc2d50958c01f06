package command

// Outcome is the result of a mail or a click. The set is closed: it is a metric's label.
type Outcome string

// The outcomes. Only [Applied] changes anything; answers are sent for those marked so.
const (
	Applied  Outcome = "applied"  // answered
	Informed Outcome = "informed" // answered: STATUS and HELP change nothing
	Refused  Outcome = "refused"  // answered: a command cannot be carried out

	NotUnderstood   Outcome = "not_understood"    // answered: a line looks like a command and cannot be read
	TooManyCommands Outcome = "too_many_commands" // answered
	Misplaced       Outcome = "misplaced"         // answered: something is wanted below or inside the quotation
	NoCommand       Outcome = "no_command"        // answered: with the grammar once a day, else with a reminder
	Unproven        Outcome = "unproven_sender"   // answered: the commands wait for a click
	WeekOver        Outcome = "week_over"         // answered

	AutoReply      Outcome = "auto_reply"
	Bulk           Outcome = "bulk"
	Bounce         Outcome = "bounce"
	TooLarge       Outcome = "too_large"
	Unreadable     Outcome = "unreadable"
	NoToken        Outcome = "no_token"
	BadToken       Outcome = "bad_token"
	SenderMismatch Outcome = "sender_mismatch"
	AuthFailed     Outcome = "auth_failed"
	Duplicate      Outcome = "duplicate"
	Outdated       Outcome = "outdated"     // the week was changed since the page was shown
	RateLimited    Outcome = "rate_limited" // the first mail of them is answered
	Failed         Outcome = "failed"       // our fault; tried again
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{
	Applied, Informed, Refused, NotUnderstood, TooManyCommands, Misplaced, NoCommand, Unproven, WeekOver,
	AutoReply, Bulk, Bounce, TooLarge, Unreadable, NoToken, BadToken, SenderMismatch, AuthFailed, Duplicate, Outdated, RateLimited, Failed,
}
