package site

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// mostShown bounds the unknown foods, and the recipes of a reason, on a page.
const mostShown = 40

// libraryPage is a library with what keeps recipes out.
type libraryPage struct {
	planner.Report
	Meals     []count
	Answers   []recipe.Answer
	Allergens []string
}

type count struct {
	Of string
	N  int
}

// More is how many of a number are beyond those shown.
func (libraryPage) More(n int) int { return max(0, n-mostShown) }

// Most is the number of entries shown.
func (libraryPage) Most(n int) int { return min(n, mostShown) }

func (s *Site) library(w http.ResponseWriter, r *http.Request, id string) error {
	report, answers, err := s.Library.Report(r.Context(), id)
	if err != nil {
		return err
	}
	slices.SortFunc(answers, func(a, b recipe.Answer) int { return strings.Compare(a.Food, b.Food) })
	page := libraryPage{Report: report, Answers: answers, Allergens: allergen.Names()}
	for _, m := range recipe.Meals {
		page.Meals = append(page.Meals, count{m.String(), report.Usable[m]})
	}
	return s.show(w, r, view{file: "library.html", title: "Your library", nav: "library", data: page})
}

// answer stores what a form says of a food.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, id string) error {
	a := recipe.Answer{Food: r.PostForm.Get("food")}
	var said string
	var err error
	switch r.PostForm.Get("answer") {
	case "is":
		a.Is = strings.TrimSpace(r.PostForm.Get("is"))
		said = a.Food + " is " + a.Is + "."
	case "contains":
		a.Told, a.Contains = true, r.PostForm["contains"]
		said = a.Food + " contains no allergen."
		if len(a.Contains) > 0 {
			said = a.Food + " contains " + strings.Join(a.Contains, ", ") + "."
		}
	case "ignore":
		a.Ignored = true
		said = a.Food + " is nothing to eat."
	case "forget":
		said = "What was said of " + a.Food + " is forgotten."
		err = s.Library.TakeBackAs(r.Context(), id, a.Food)
	default:
		return fault.New(fault.InvalidInput, "answer", "the form lacks its answer: go back and try again")
	}
	if r.PostForm.Get("answer") != "forget" {
		err = s.Library.AnswerAs(r.Context(), id, a)
	}
	return s.said(w, r, "/library", said+" The next plan counts with it.", err)
}
