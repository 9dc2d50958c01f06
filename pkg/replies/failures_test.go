package replies_test

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// What fails for a while leaves no trace and comes again; what fails for good is recorded
// and answered, because nobody tries it again.
func TestFailuresAreTriedAgainOrRecorded(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Seen", "Recent ", "Recent rate_limited", "Inputs", "Load", "Revise", "Save", "Answer", "Transact", "Last", "Check", "Said"} {
		for _, cause := range []error{gone, broken} {
			w := newWorld()
			text := "DISLIKE capers\nLOCK friday dinner"
			switch call {
			case "Last":
				text = "UNDO"
			case "Check":
				w.in.Existing = nil
				text = "LOCK friday dinner Grilled Salmon"
			case "Said":
				text = "Thanks"
			}
			w.failOnce[call] = cause
			l := w.letter(text)
			r, err := w.service().Receive(t.Context(), l)
			if r.Outcome != command.Failed || r.User != "ana" || fault.KindOf(err) != fault.KindOf(cause) {
				t.Errorf("%s, %v: %s, %v", call, cause, r.Outcome, err)
			}
			if cause == gone {
				if len(w.changes) > 0 || r.Answered {
					t.Errorf("%s: stored %+v, answered %t", call, w.changes, r.Answered)
				}
				if r, err := w.service().Receive(t.Context(), l); err != nil || r.Outcome == command.Duplicate || !r.Answered {
					t.Errorf("%s, again: %s, %v", call, r.Outcome, err)
				}
				continue
			}
			c := w.last(t)
			if len(w.changes) != 1 || !r.Answered || c.Record.Outcome != command.Failed || c.Record.MessageID != l.MessageID || c.Record.Digest == "" || c.Wishes != nil || c.User != nil || c.Mail == nil {
				t.Errorf("%s: recorded %+v, answered %t", call, w.changes, r.Answered)
			}
			if a := w.rendered[len(w.rendered)-1]; a.Outcome != command.Failed || a.InReplyTo != l.MessageID || a.Key != l.MessageID || a.Week != week || len(a.Problems) != 1 {
				t.Errorf("%s: answered %+v", call, a)
			}
			if r, err := w.service().Receive(t.Context(), l); r.Outcome != command.Duplicate || err != nil {
				t.Errorf("%s, again: %s, %v", call, r.Outcome, err)
			}
		}
	}
}

// A reply over which we panic is answered as any other failure of ours, and not tried again.
func TestAPanicIsRecordedAndAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.failOnce["panic"] = broken
	r, err := w.service().Receive(t.Context(), w.letter("LOCK friday dinner"))
	if r.Outcome != command.Failed || !r.Answered || fault.Stack(err) == "" || w.last(t).Record.Outcome != command.Failed {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAFailureThatCannotBeRecordedIsNotAnswered(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Save", "Answer", "Transact"} {
		w := newWorld()
		w.fail[call] = broken
		r, err := w.service().Click(t.Context(), w.in.User, week, "SKIP friday", "b")
		if r.Answered || r.Outcome != command.Failed || fault.KindOf(err) != fault.Internal || len(w.changes) > 0 {
			t.Errorf("%s: %+v, %v", call, r, err)
		}
	}
}

func TestAZoneThatDoesNotExistIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.User.TimeZone = "Mars"
	r, err := w.service().Receive(t.Context(), w.letter("SKIP friday"))
	if fault.KindOf(err) != fault.InvalidConfig || !r.Answered || w.last(t).Record.Outcome != command.Failed {
		t.Errorf("%+v, %v", r, err)
	}
}

// What the user can mend is refused with its reason and changes nothing.
func TestRefusalsOfThePlannerNameTheCommand(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds {
		w := newWorld()
		w.fail["Revise"] = fault.New(kind, "planner", "there are too few dinners")
		r, err := w.service().Receive(t.Context(), w.letter("SKIP friday"))
		users := []fault.Kind{fault.InvalidInput, fault.InvalidConstraints, fault.NotFound, fault.NotEnoughRecipes, fault.NoRecipesAvailable, fault.Conflict}
		if !slices.Contains(users, kind) {
			if r.Outcome != command.Failed || err == nil {
				t.Errorf("%s: %s, %v", kind, r.Outcome, err)
			}
			continue
		}
		if r.Outcome != command.Refused || err != nil || len(r.Verbs) > 0 || w.last(t).Wishes != nil {
			t.Errorf("%s: %+v, %v", kind, r, err)
		}
		if p := r.Answer.Problems; len(p) != 1 || p[0].Line != "SKIP friday" || p[0].Why.String() != "there are too few dinners" {
			t.Errorf("%s: %+v", kind, p)
		}
	}
}
