package fault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func TestPanicsBecomeErrors(t *testing.T) {
	var nothing *struct{ name string }
	broken := func() error { _ = nothing.name; return nil }
	err := fault.Guarded("amend", broken)()
	if fault.KindOf(err) != fault.Internal || !strings.HasPrefix(err.Error(), "amend: panic: runtime error: invalid memory address") {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
	if stack := fault.Stack(errors.Join(err)); !strings.Contains(stack, "TestPanicsBecomeErrors") {
		t.Errorf("the stack does not show where: %q", stack)
	}
	plain := errors.New("plain")
	if err := fault.Guarded("amend", func() error { return plain })(); !errors.Is(err, plain) || fault.Stack(err) != "" {
		t.Errorf("an error came out as %v, stack %q", err, fault.Stack(err))
	}
}

func TestFieldsOfALine(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.NotFound, "load", "no week")
	if got := fault.Fields(fault.KindOf(err), err); len(got) != 4 || got[0] != "error_type" || got[1] != "NotFound" || got[2] != "error_message" || got[3] != "load: no week" {
		t.Errorf("%v", got)
	}
	err = fault.Guarded("amend", func() error { panic("ouch") })()
	if got := fault.Fields(fault.Internal, err); len(got) != 6 || got[4] != "stack_trace" || !strings.Contains(got[5].(string), "TestFieldsOfALine") {
		t.Errorf("of a panic: %v", got)
	}
}
