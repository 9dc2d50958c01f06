// Package settings changes what a user may set, with the same checks for pages, programs and
// operators.
package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// Users stores users.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
	// Change applies change to the stored user, under their lock.
	Change(ctx context.Context, id string, change func(*user.User) error) (user.User, error)
}

// Vocabulary returns what a connection's library calls things.
type Vocabulary func(ctx context.Context, connection string) (library.Vocabulary, error)

// Service is the use case.
type Service struct {
	users Users
	known Vocabulary
}

// New returns the use case on its ports.
func New(u Users, v Vocabulary) *Service { return &Service{u, v} }

// Change applies a change to the user, unless what they may set is not what was seen, by
// [Version]; "" is whatever it is. Names of foods and keywords that are new must be known. Kinds
// of error: InvalidInput, whose text names the field; Conflict for a change meanwhile; those of
// apply and the ports.
func (s *Service) Change(ctx context.Context, userID, seen string, apply func(*user.User) error) (user.User, error) {
	before, err := s.users.Get(ctx, userID)
	if err != nil {
		return before, err
	}
	known, err := s.known(ctx, before.Connection)
	if err != nil {
		return before, err
	}
	return s.users.Change(ctx, userID, func(u *user.User) error {
		if seen != "" && seen != Version(*u) {
			return fault.New(fault.Conflict, "settings", "your settings were changed elsewhere since they were shown: nothing was changed. Look at them anew.")
		}
		was := u.Settings
		was.Dislikes, was.AvoidTags, was.Staples = slices.Clone(was.Dislikes), slices.Clone(was.AvoidTags), slices.Clone(was.Staples)
		was.Cooking.Weekly = slices.Clone(was.Cooking.Weekly)
		if err := apply(u); err != nil {
			return err
		}
		if err := known.Check(was, &u.Settings); err != nil {
			return err
		}
		if now := u.Settings.Cooking; !slices.Equal(now.Weekly, was.Cooking.Weekly) {
			if err := now.Contradiction(); err != nil {
				return fault.Wrap(fault.InvalidInput, "settings", err)
			}
		}
		return fault.Wrap(fault.InvalidInput, "settings", u.Validate())
	})
}

// Version changes with what a user may set.
func Version(u user.User) string {
	text, err := json.Marshal(u.Settings)
	if err != nil {
		return "" // settings have no values that JSON lacks
	}
	sum := sha256.Sum256(fmt.Appendf(text, "\x00%s\x00%s\x00%d\x00%t", u.Name, u.TimeZone, u.People, u.Enabled))
	return hex.EncodeToString(sum[:8])
}

// CheckTargets refuses targets that are beyond the limits of safety, unless they are confirmed; cure
// says how to confirm them. Kind InvalidInput.
func CheckTargets(s user.Settings, m nutrition.Macros, confirmed bool, cure message.Text) error {
	weight := 0.0
	if s.Body != nil {
		weight = s.Body.WeightKG
	}
	warnings, err := targets.Check(m, weight, s.Supervised)
	if err != nil {
		return fault.New(fault.InvalidInput, "targets", "targets: %s", strings.TrimPrefix(err.Error(), "target: "))
	}
	if len(warnings) > 0 && !confirmed {
		return fault.New(fault.InvalidInput, "targets", "targets: %v. %v", message.List(warnings...), cure)
	}
	return nil
}

// SetAllergens sets the allergens, by name; kind InvalidInput.
func SetAllergens(s *user.Settings, names []string) error {
	s.Allergens = nil
	for _, n := range names {
		a, err := allergen.Parse(n)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--allergens", err)
		}
		s.Allergens = append(s.Allergens, a.String())
	}
	return nil
}

// SetDiets sets the diets, by name; kind InvalidInput.
func SetDiets(s *user.Settings, names []string) error {
	s.Diets = nil
	for _, n := range names {
		d, err := diet.Parse(n)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--diets", err)
		}
		s.Diets = append(s.Diets, d)
	}
	return nil
}
