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
