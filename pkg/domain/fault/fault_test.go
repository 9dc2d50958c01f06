package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want fault.Kind
	}{
		{nil, ""},
		{errors.New("plain"), fault.Internal},
		{context.DeadlineExceeded, fault.TimeoutError},
		{fmt.Errorf("x: %w", context.Canceled), fault.Canceled},
		{fmt.Errorf("x: %w", fault.New(fault.NotFound, "op", "no %s", "y")), fault.NotFound},
		{fault.Wrap(fault.TandoorError, "op", fault.New(fault.NetworkError, "", "z")), fault.TandoorError},
	} {
		if got := fault.KindOf(c.err); got != c.want {
			t.Errorf("KindOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestErrorTextAndChain(t *testing.T) {
	t.Parallel()
	err := fault.Wrap(fault.NetworkError, "tandoor: list recipes", io.ErrUnexpectedEOF)
	if err.Error() != "tandoor: list recipes: unexpected EOF" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if fault.Wrap(fault.Internal, "op", nil) != nil {
		t.Error("wrapping nil gave an error")
	}
}

// Every kind must have been decided on: a kind that falls into both defaults is a bug report.
func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	seen := map[fault.Kind]bool{}
	for _, k := range fault.Kinds {
		if seen[k] {
			t.Errorf("%s is listed twice", k)
		}
		seen[k] = true
		status := fault.HTTPStatus(fault.New(k, "", "x"))
		if status == 500 && k != fault.Internal && k != fault.DatabaseError {
			t.Errorf("%s maps to 500", k)
		}
		if code := fault.ExitCode(fault.New(k, "", "x")); code < 1 || code > 3 {
			t.Errorf("%s exits %d", k, code)
		}
		if named := k == fault.InvalidInput || k == fault.InvalidConfig || k == fault.InvalidConstraints || k == fault.NotFound; named != (fault.ExitCode(fault.New(k, "", "x")) == fault.ExitUsage) {
			t.Errorf("%s: 2 is for whoever has to call the program in another way", k)
		}
	}
}

// The outermost field counts, the kind and the text are those of what went wrong.
func TestAnErrorNamesItsField(t *testing.T) {
	t.Parallel()
	inner := fault.About("keyword", "brunch", fault.New(fault.InvalidInput, "--keyword-meal", "unknown keyword %q", "brunch"))
	err := fmt.Errorf("set it: %w", fault.Wrap(fault.KindOf(inner), "library", inner))
	if field, value := fault.Field(err); field != "keyword" || value != "brunch" || fault.KindOf(err) != fault.InvalidInput || !strings.Contains(fault.Text(inner), "unknown keyword") {
		t.Errorf("%s %s, %v, %q", field, value, fault.KindOf(err), fault.Text(inner))
	}
	if field, _ := fault.Field(errors.New("a stranger's")); field != "" || fault.About("x", "", nil) != nil {
		t.Errorf("%q of none", field)
	}
}
