package site

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// readingPage is how the visitor's own library is read, in rows.
type readingPage struct {
	Rows        []keywordRow
	Keywords    []string // of the library's recipes
	Supermarket string
	Others      int // who cook from it, too
	Seen        string
	refusal
}

// keywordRow says what a keyword means.
type keywordRow struct {
	N       int
	Keyword string
	Fixed   bool // it is one that was there
	Meals   []choice
}

const (
	spareKeywords = 2   // empty rows that are offered
	mostRows      = 200 // that are read; a library has fewer keywords with a meaning
)

// mealSets are what a keyword may mean.
var mealSets = [][]recipe.Meal{
	{recipe.Breakfast}, {recipe.Lunch}, {recipe.Dinner}, {recipe.Breakfast, recipe.Lunch}, {recipe.Lunch, recipe.Dinner}, {recipe.Breakfast, recipe.Dinner}, recipe.Meals[:],
}

// keywordRowOf is a row with the entries to choose from; forget is what the empty one is called.
func keywordRowOf(n int, keyword, meals string, fixed bool) keywordRow {
	none := message.Textf("–")
	if fixed {
		none = message.Textf("nothing: forget it")
	}
	row := keywordRow{N: n, Keyword: keyword, Fixed: fixed, Meals: []choice{{Value: "", Label: none}}}
	for _, set := range mealSets {
		var names []message.Text
		for _, m := range set {
			names = append(names, message.Textf(m.String()))
		}
		row.Meals = append(row.Meals, choice{Value: mealWords(set), Label: message.List(names...)})
	}
	row.Meals = chosen(row.Meals, meals)
	return row
}

// reading is how the visitor's library is read; nil unless it is theirs.
func (s *Site) reading(ctx context.Context, u user.User) (*readingPage, error) {
	now, keywords, owns, err := s.Connections.Reading(ctx, u)
	if err != nil || !owns {
		return nil, err
	}
	p := &readingPage{Keywords: keywords, Supermarket: now.Supermarket, Seen: now.Version()}
	for _, k := range slices.Sorted(maps.Keys(now.Keywords)) {
		p.Rows = append(p.Rows, keywordRowOf(len(p.Rows), k, mealWords(slices.Sorted(slices.Values(now.Keywords[k]))), true))
	}
	for range spareKeywords {
		p.Rows = append(p.Rows, keywordRowOf(len(p.Rows), "", "", false))
	}
	p.Others, err = s.Connections.Others(ctx, u)
	return p, err
}

// Open reports whether the section is shown unfolded.
func (p *readingPage) Open() bool { return p.Problem != "" }

// readReading reads the rows of the form. One whose keyword or meals were emptied is forgotten.
func readReading(f form) (connection.Reading, []keywordRow, error) {
	out := connection.Reading{Keywords: map[string][]recipe.Meal{}, Supermarket: f.get("supermarket")}
	var rows []keywordRow
	var problem error
	for n := range mostRows {
		name := fmt.Sprintf("keyword-%d", n)
		if _, there := f.values[name]; !there {
			return out, rows, problem
		}
		keyword, words, fixed := f.get(name), f.get(fmt.Sprintf("meals-%d", n)), f.get(fmt.Sprintf("known-%d", n)) != ""
		rows = append(rows, keywordRowOf(n, keyword, words, fixed))
		if keyword == "" || words == "" && fixed {
			continue
		}
		meals := []recipe.Meal{}
		for w := range strings.FieldsSeq(words) {
			m, err := recipe.ParseMeal(w)
			if err != nil {
				problem = fault.About("keyword", keyword, fault.Wrap(fault.InvalidInput, "keyword", err))
			}
			meals = append(meals, m)
		}
		for had := range out.Keywords {
			if strings.EqualFold(had, keyword) {
				problem = fault.About("keyword", keyword, fault.New(fault.InvalidInput, "library", "keyword: %q stands twice: write it once", keyword))
			}
		}
		out.Keywords[keyword] = meals
	}
	return out, rows, fault.New(fault.InvalidInput, "library", "keyword: a form has at most %d", mostRows)
}

// setReading changes how the visitor's library is read, and fetches its recipes anew. Another server
// is asked for another supermarket.
func (s *Site) setReading(w http.ResponseWriter, r *http.Request, id string) error {
	want, rows, err := readReading(form{r.PostForm})
	var at string
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), checkWithin)
		defer cancel()
		at, err = s.Connections.SetReading(ctx, id, r.PostForm.Get("seen"), want)
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		s.afterwards(r.Context(), importWithin, "fetch recipes anew", func(ctx context.Context) error { return s.Beginning.Reread(ctx, at) })
		return s.back(w, r, "/library", message.Textf("Stored. Your recipes are read anew; the next plan counts with it. What is planned stays."))
	case silent(err):
		return s.refuse(w, r, "/library", message.Textf("Your Tandoor does not answer as it should at this moment. Try again later."))
	case kind != fault.InvalidInput:
		return s.said(w, r, "/library", message.Text{}, err)
	}
	u, lost := s.visitor(r, id)
	if lost != nil {
		return lost
	}
	page, lost := s.reading(r.Context(), u)
	if lost != nil {
		return lost
	}
	if page == nil { // it is somebody else's by now
		return err
	}
	page.Rows, page.Supermarket, page.Seen = rows, want.Supermarket, r.PostForm.Get("seen")
	page.refusal = refusalOf(r, err)
	page.Field = "supermarket" // what Tandoor does not have
	if field, value := fault.Field(err); field == "keyword" {
		i := slices.IndexFunc(rows, func(row keywordRow) bool { return row.Keyword == value })
		page.Field = fmt.Sprintf("keyword-%d", max(0, i))
	}
	return s.ownLibrary(w, r, id, page)
}
