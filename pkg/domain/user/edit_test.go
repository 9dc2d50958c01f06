package user_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func TestEdit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ list, change, want, problem string }{
		{"", "nuts,milk", "nuts,milk", ""},
		{"nuts", "+milk", "nuts,milk", ""},
		{"nuts", "+Nuts", "nuts", ""},
		{"nuts,milk", "-NUTS", "milk", ""},
		{"nuts,milk", "-nuts,+eggs", "milk,eggs", ""},
		{"nuts", "=milk,eggs", "milk,eggs", ""},
		{"nuts", "none", "", ""},
		{"nuts", "=", "", ""},
		{"nuts", "milk", "", "write +milk to add, =milk to replace"},
		{"nuts", "-milk", "", "does not hold it (it is nuts)"},
		{"nuts", "+", "", "no name"},
		{"nuts", "=milk,+eggs", "", "bare names"},
		{"nuts", "+milk,none", "", "no name"},
	} {
		got, err := user.Edit(split(c.list), split(c.change))
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s with %s: %v, want %q", c.list, c.change, err, c.problem)
			}
			continue
		}
		if err != nil || !slices.Equal(got, split(c.want)) {
			t.Errorf("%s with %s: %q, %v; want %s", c.list, c.change, got, err, c.want)
		}
	}
}

// No edit but one that says so takes a name off the list.
func TestEditLosesNothingUnasked(t *testing.T) {
	t.Parallel()
	names := []string{"nuts", "milk", "eggs", "fish"}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 4, rapid.ID).Draw(t, "list")
		changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "+", "-"}).Draw(t, "sign") + rapid.SampledFrom(names).Draw(t, "name")
		}), 1, 4).Draw(t, "changes")
		got, err := user.Edit(list, changes)
		if err != nil {
			return
		}
		for _, n := range list {
			if !slices.Contains(got, n) && !slices.Contains(changes, "-"+n) {
				t.Fatalf("%q with %q lost %s: %q", list, changes, n, got)
			}
		}
	})
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
