// Package fault is the one error policy of the program: every error that crosses a
// package boundary carries a [Kind] from a closed set. The kind alone decides whether
// the work is tried again, which HTTP status and exit code the user sees, and the value
// of the error_type label.
package fault

import (
	"context"
	"errors"
	"fmt"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Kind classifies an error. The set is closed; [Kinds] lists it.
type Kind string

// The kinds. Their names are label values of error_type, some of them required
// (docs/evidence/spec-coverage.md).
const (
	NoRecipesAvailable Kind = "NoRecipesAvailable"   // the pool is empty
	NotEnoughRecipes   Kind = "NotEnoughRecipes"     // a hard rule cannot be met
	InvalidConstraints Kind = "InvalidConstraints"   // the user's wishes contradict each other
	InvalidInput       Kind = "InvalidInput"         // a field is wrong; the message names it
	InvalidConfig      Kind = "InvalidConfiguration" // a setting is wrong; the message names it
	Unauthorized       Kind = "Unauthorized"         // credentials refused: a person must act
	NotFound           Kind = "NotFound"             // the named thing does not exist
	Conflict           Kind = "Conflict"             // the thing exists already, or is being worked on
	TandoorError       Kind = "TandoorError"         // Tandoor answered, but not usably
	FatSecretError     Kind = "FatSecretError"       // FatSecret answered, but not usably
	QuotaExceeded      Kind = "QuotaExceeded"        // an upstream's or our own call budget is spent
	NetworkError       Kind = "NetworkError"         // no connection, or it broke
	TimeoutError       Kind = "TimeoutError"         // a deadline passed
	Unavailable        Kind = "Unavailable"          // an upstream is down or overloaded (5xx, breaker open)
	DatabaseError      Kind = "DatabaseError"        // PostgreSQL refused or lost the statement
	EmailError         Kind = "EmailError"           // the mail server rejected permanently
	EmailDeferred      Kind = "EmailDeferred"        // the mail server refused for now
	Canceled           Kind = "Canceled"             // the program is stopping
	Internal           Kind = "Internal"             // a bug: anything without a kind
)

// Kinds lists every kind, in declaration order.
var Kinds = []Kind{
	NoRecipesAvailable, NotEnoughRecipes, InvalidConstraints, InvalidInput, InvalidConfig,
	Unauthorized, NotFound, Conflict, TandoorError, FatSecretError, QuotaExceeded, NetworkError,
	TimeoutError, Unavailable, DatabaseError, EmailError, EmailDeferred, Canceled, Internal,
}

// Transient reports whether the same work may succeed later without anyone acting.
func (k Kind) Transient() bool {
	switch k {
	case NetworkError, TimeoutError, Unavailable, DatabaseError, EmailDeferred, Canceled:
		return true
	default:
		return false
	}
}

// Error is an error with a kind. Op says what was being done ("tandoor: list recipes").
// Message is for people; the cause, if any, is kept for errors.Is and errors.As.
type Error struct {
	Kind    Kind
	Op      string
	Message string
	Cause   error

	// Field is the field of what was asked that the error is about, and Value what it held; "": it
	// is not known. [About] sets them.
	Field, Value string

	said message.Text // the message, for readers of other languages
}

// Error implements error: "op: message: cause".
func (e *Error) Error() string {
	s := e.Op
	for _, part := range []string{e.Message, causeText(e.Cause)} {
		switch {
		case part == "":
		case s == "":
			s = part
		default:
			s += ": " + part
		}
	}
	return s
}

func causeText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of the kind.
func New(k Kind, op, format string, args ...any) error {
	return &Error{Kind: k, Op: op, Message: fmt.Sprintf(format, args...), said: message.Textf(format, args...)}
}

// Wrap gives err a kind, saying what was being done. A nil err stays nil.
func Wrap(k Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Op: op, Cause: err}
}

// About says which field an error is about, and what the field held where one of several is meant. A
// nil err stays nil.
func About(field, value string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Cause: err, Field: field, Value: value}
}

// Field is the field that an error is about, with what it held; "" if no error of the chain says.
func Field(err error) (field, value string) {
	for e, ok := errors.AsType[*Error](err); ok; e, ok = errors.AsType[*Error](e.Cause) {
		if e.Field != "" {
			return e.Field, e.Value
		}
	}
	return "", ""
}

// Text is what to tell somebody of an error: without what was being done, which they know.
func Text(err error) string { return In(err, message.English) }

// In implements what arguments of messages do: see [In].
func (e *Error) In(l message.Language) string { return In(e, l) }

// Message is what to tell somebody of an error, in a language that is not known yet: the message
// of the outermost error that has one.
func Message(err error) message.Text {
	if e, ok := errors.AsType[*Error](err); ok {
		switch {
		case !e.said.Empty():
			return e.said
		case e.Message == "" && e.Cause != nil:
			return Message(e.Cause)
		}
	}
	if e, ok := errors.AsType[*message.Error](err); ok {
		return e.Text
	}
	return message.Textf("%s", Text(err))
}

// In is [Text] in a language.
func In(err error, l message.Language) string {
	for {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return message.Of(err, l)
		}
		text := e.Message
		if !e.said.Empty() {
			text = e.said.In(l)
		}
		switch {
		case text != "" && e.Cause == nil:
			return text
		case text != "":
			return text + ": " + In(e.Cause, l)
		case e.Cause == nil:
			return e.Error()
		}
		err = e.Cause
	}
}

// KindOf returns the outermost kind in err's chain; context errors count as
// [TimeoutError] and [Canceled], everything else as [Internal]. nil has no kind.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return TimeoutError
	case errors.Is(err, context.Canceled):
		return Canceled
	default:
		return Internal
	}
}

// Exit codes of the command line.
const (
	ExitOK         = 0
	ExitFailed     = 1
	ExitUsage      = 2 // usage, configuration or input, also the name of what does not exist
	ExitInfeasible = 3
	ExitUnbalanced = 4
)

// ExitCode maps an error to the process's exit code. Whoever names what does not exist has to
// call the program in another way, whether the name is looked up in the program or in the
// database.
func ExitCode(err error) int {
	switch KindOf(err) {
	case "":
		return ExitOK
	case InvalidInput, InvalidConfig, InvalidConstraints, NotFound:
		return ExitUsage
	case NotEnoughRecipes, NoRecipesAvailable:
		return ExitInfeasible
	default:
		return ExitFailed
	}
}

// HTTPStatus maps an error to the status our own API answers with.
func HTTPStatus(err error) int {
	switch KindOf(err) {
	case "":
		return 200
	case InvalidInput, InvalidConfig, InvalidConstraints:
		return 400
	case Unauthorized:
		return 401
	case NotFound:
		return 404
	case Conflict:
		return 409
	case NoRecipesAvailable, NotEnoughRecipes:
		return 422
	case QuotaExceeded:
		return 429
	case TandoorError, FatSecretError, EmailError:
		return 502
	case NetworkError, Unavailable, EmailDeferred, Canceled:
		return 503
	case TimeoutError:
		return 504
	default:
		return 500
	}
}
