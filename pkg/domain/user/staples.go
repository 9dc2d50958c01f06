package user

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// MaxStaples bounds the foods that are always at home.
const MaxStaples = 200

func (s Settings) validStaples() error {
	if len(s.Staples) > MaxStaples {
		return message.Errorf("staples: %d are more than %d: take some away first", len(s.Staples), MaxStaples)
	}
	for _, n := range s.Staples {
		if strings.TrimSpace(n) == "" || len(n) > 100 || strings.ContainsAny(n, "\r\n,") {
			return message.Errorf("staples: %q must be the name of one food, of 1 to 100 characters", n)
		}
	}
	return nil
}

// AddStaple adds a food that is always at home; one that is there already changes nothing.
func (s *Settings) AddStaple(name string) error {
	name = strings.Join(strings.Fields(name), " ")
	if slices.ContainsFunc(s.Staples, func(n string) bool { return strings.EqualFold(n, name) }) {
		return nil
	}
	s.Staples = append(slices.Clone(s.Staples), name)
	return s.validStaples()
}

// RemoveStaple takes a food away that is always at home.
func (s *Settings) RemoveStaple(name string) error {
	i := slices.IndexFunc(s.Staples, func(n string) bool { return strings.EqualFold(n, strings.TrimSpace(name)) })
	if i < 0 {
		return message.Errorf("staples: %q is none of yours: %s", name, Shown(s.Staples))
	}
	s.Staples = slices.Delete(slices.Clone(s.Staples), i, i+1)
	return nil
}
