package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// Vocabulary returns what a connection's library calls things.
type Vocabulary func(ctx context.Context, connection string) (library.Vocabulary, error)

// Reading is how a library's data is read.
type Reading struct {
	Keywords    map[string][]recipe.Meal // what keywords mean, in lower case
	Supermarket string                   // whose order of aisles counts; "" = the first one's
}

// ReadingOf is how a connection's library is read.
func ReadingOf(c recipe.Connection) Reading { return Reading{c.KeywordMeals, c.Supermarket} }

// Version changes with the reading.
func (r Reading) Version() string {
	if len(r.Keywords) == 0 {
		r.Keywords = nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return "" // it has no values that JSON lacks
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Reading returns how the library is read that somebody cooks from, with the keywords of its recipes,
// if it is theirs.
func (s *Service) Reading(ctx context.Context, u user.User) (r Reading, keywords []string, owns bool, err error) {
	c, owns, err := s.owned(ctx, u)
	if err != nil || !owns {
		return r, nil, false, err
	}
	v, err := s.known(ctx, c.ID)
	return ReadingOf(c), v.Tags, true, err
}

// What one may say of a library.
const (
	mostKeywords = 100
	longestName  = 100
)

// SetReading changes how a user's own library is read, and returns whose recipes are to be fetched anew.
// Keywords that are new must be those of recipes, and the supermarket one of Tandoor's, which is asked.
// Kinds of error: InvalidInput; Conflict for somebody else's library, and for what is not as it was
// seen, by [Reading.Version] ("" is whatever it is); those of the check.
func (s *Service) SetReading(ctx context.Context, userID, seen string, want Reading) (connection string, err error) {
	const op = "library"
	u, err := s.store.Get(ctx, userID)
	if err != nil {
		return "", err
	}
	was, keywords, owns, err := s.Reading(ctx, u)
	switch {
	case err != nil:
		return "", err
	case !owns:
		return "", fault.New(fault.Conflict, op, "this library is not yours: whoever runs this service says how it is read")
	}
	if want, err = want.Checked(was, keywords); err != nil {
		return "", err
	}
	changed := false
	c, err := s.Change(ctx, u.Connection, u.ID, func(c *recipe.Connection) {
		if changed = seen != "" && seen != ReadingOf(*c).Version(); !changed {
			c.KeywordMeals, c.Supermarket = want.Keywords, want.Supermarket
		}
	})
	if err == nil && changed {
		err = fault.New(fault.Conflict, op, "how your library is read was changed elsewhere since it was shown: nothing was changed. Look at it anew.")
	}
	return c.ID, err
}

// Checked is the reading as it is stored, if it can be: keywords that it did not have before must be
// those of recipes, where the recipes are known. Errors are of kind InvalidInput and about the field
// supermarket or keyword ([fault.Field]).
func (r Reading) Checked(was Reading, keywords []string) (Reading, error) {
	const op = "library"
	out := Reading{Supermarket: strings.TrimSpace(r.Supermarket)}
	if utf8.RuneCountInString(out.Supermarket) > longestName || strings.ContainsAny(out.Supermarket, "\r\n") {
		return out, fault.About("supermarket", "", fault.New(fault.InvalidInput, op, "supermarket: a name has at most %d characters on one line", longestName))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Keywords)) {
		meals, keyword := r.Keywords[name], strings.ToLower(strings.TrimSpace(name))
		if utf8.RuneCountInString(keyword) > longestName || keyword == "" {
			return out, fault.About("keyword", name, fault.New(fault.InvalidInput, op, "keyword: %q is no name of 1 to %d characters", name, longestName))
		}
		if len(meals) == 0 {
			return out, fault.About("keyword", name, fault.New(fault.InvalidInput, op, "keyword: say which meal %q is for", name))
		}
		known := len(keywords) == 0 || slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(k, keyword) })
		if _, before := was.Keywords[keyword]; !known && !before {
			return out, fault.About("keyword", name, library.Unknown("--keyword-meal", message.Mark("keyword of your recipes"), name, keywords))
		}
		if out.Keywords == nil {
			out.Keywords = map[string][]recipe.Meal{}
		}
		out.Keywords[keyword] = meals
	}
	if len(out.Keywords) > mostKeywords {
		return out, fault.New(fault.InvalidInput, op, "keyword: %d are more than %d: take some away first", len(out.Keywords), mostKeywords)
	}
	return out, nil
}
