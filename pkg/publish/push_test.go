package publish_test

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Who asks for a week to be written learns what was done, or what keeps it from being written.
func TestAPushSaysWhatItDidOrWhyNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*office)
		kind   fault.Kind
		says   string
	}{
		"written":              {func(*office) {}, "", ""},
		"write-back is off":    {func(o *office) { o.due[0].Off = true }, fault.Conflict, "connection set home --write-back"},
		"it is being replaced": {func(o *office) { o.due[0].Outdated = true }, fault.Conflict, "being replaced"},
		"another is writing":   {func(o *office) { o.claimed[7] = true }, fault.Conflict, "at this moment"},
		"no such plan":         {func(o *office) { o.due = nil }, fault.NotFound, "no plan for the week"},
		"a token that may not": {func(o *office) {
			o.fail["library"] = fault.New(fault.Unauthorized, "tandoor", `make one with scope "read write"`)
		}, fault.Conflict, `scope "read write"`},
		"no answer": {func(o *office) { o.fail["library"] = down }, fault.NetworkError, "try again later"},
	} {
		o := newOffice()
		c.change(o)
		done, err := o.publisher().Push(t.Context(), "ana", monday)
		if err == nil {
			err = done.Problem()
		}
		if fault.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (done.Created != 4 || len(o.shelf.lines) != 3) {
			t.Errorf("%s: %+v", name, done)
		}
	}
}

// What is at home is not on the library's list.
func TestWhatIsAtHomeIsNotWritten(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.home = []string{"egg"}
	if got, err := o.publisher().Wanted(t.Context(), o.due[0]); err != nil || len(got.Needs) != 2 || len(got.Old.Needs) != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	o.fail["to buy"] = gone
	if _, err := o.publisher().Wanted(t.Context(), o.due[0]); fault.KindOf(err) != fault.DatabaseError {
		t.Error(err)
	}
	var _ publish.Lists = o
}
