package library_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// A rule about a keyword that left the library may be changed, but none may be new; spaces do not
// make another keyword.
func TestRulesAboutKeywords(t *testing.T) {
	t.Parallel()
	v := library.Vocabulary{Tags: []string{"One  pot", "soup"}}
	for name, c := range map[string]struct {
		before, after string
		refused       bool
	}{
		"as it was":         {"stew >= 1", "stew >= 1", false},
		"another number":    {"stew >= 1", "Stew <= 2", false},
		"other meals":       {"stew >= 1", "stew >= 1 dinner", false},
		"a new one":         {"soup >= 1", "stew >= 1", true},
		"one of the same":   {"", "SOUP >= 1", false},
		"spaces in between": {"", "one pot >= 1", false},
		"more of them":      {"", "one   pot >= 1", false},
		"other words":       {"", "onepot >= 1", true},
	} {
		before, after := user.Settings{}, user.Settings{}
		if c.before != "" {
			before.Cooking.Weekly = []string{c.before}
		}
		after.Cooking.Weekly = []string{c.after}
		if err := v.Check(before, &after); (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
