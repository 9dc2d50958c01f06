package user_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func TestStaples(t *testing.T) {
	t.Parallel()
	s := user.DefaultSettings()
	for _, name := range []string{"flour", " soy  sauce ", "Flour"} {
		if err := s.AddStaple(name); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(s.Staples, []string{"flour", "soy sauce"}) || s.Validate() != nil {
		t.Errorf("%q, %v", s.Staples, s.Validate())
	}
	was := s.Staples
	if err := s.RemoveStaple("Soy sauce"); err != nil || !slices.Equal(s.Staples, []string{"flour"}) || !slices.Equal(was, []string{"flour", "soy sauce"}) {
		t.Errorf("%q of %q, %v", s.Staples, was, err)
	}
	if err := s.RemoveStaple("leek"); err == nil || !strings.Contains(err.Error(), "flour") {
		t.Errorf("what is none: %v", err)
	}
	for _, bad := range []string{"", "a,b", strings.Repeat("x", 101)} {
		next := s
		if err := next.AddStaple(bad); err == nil || !strings.HasPrefix(err.Error(), "staples:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for i := range user.MaxStaples {
		s.Staples = append(s.Staples, fmt.Sprint("food ", i))
	}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "more than 200") {
		t.Errorf("too many: %v", err)
	}
}
