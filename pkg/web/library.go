package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Library says what can be planned from a user's recipes, and takes answers about foods.
type Library interface {
	Report(ctx context.Context, userID string) (planner.Report, []recipe.Answer, error)
	AnswerAs(ctx context.Context, userID string, a recipe.Answer) error
	TakeBackAs(ctx context.Context, userID, food string) error
}

// mostShown bounds the unknown foods, and the recipes per reason, of a page.
const mostShown = 40

// libraryPage is a library with what keeps recipes out.
type libraryPage struct {
	planner.Report
	Answers   []recipe.Answer
	Allergens []string
	Said      string // what was stored just now, or
	Problem   string // why it was not
}

// More is how many of a number are beyond those shown.
func (libraryPage) More(n int) int { return max(0, n-mostShown) }

// Most is the number of entries shown.
func (libraryPage) Most(n int) int { return min(n, mostShown) }

func (p *Pages) library(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, LibraryLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.showLibrary(w, r, c, libraryPage{})
}

// answer stores what a form says of a food.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, LibraryLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<14)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, fault.Wrap(fault.InvalidInput, "answer", err))
		return
	}
	a := recipe.Answer{Food: r.PostForm.Get("food")}
	var page libraryPage
	switch r.PostForm.Get("answer") {
	case "is":
		a.Is = strings.TrimSpace(r.PostForm.Get("is"))
		page.Said = a.Food + " is " + a.Is
	case "contains":
		a.Told, a.Contains = true, r.PostForm["contains"]
		page.Said = a.Food + " contains " + strings.Join(a.Contains, ", ")
		if len(a.Contains) == 0 {
			page.Said = a.Food + " contains no allergen"
		}
	case "ignore":
		a.Ignored = true
		page.Said = a.Food + " is nothing to eat"
	case "forget":
		page.Said = "What was said of " + a.Food + " is forgotten"
	default:
		p.fail(w, r, fault.New(fault.InvalidInput, "answer", "the form lacks its answer: go back and try again"))
		return
	}
	if r.PostForm.Get("answer") == "forget" {
		err = p.Library.TakeBackAs(r.Context(), c.User, a.Food)
	} else {
		err = p.Library.AnswerAs(r.Context(), c.User, a)
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.InvalidInput || kind == fault.NotFound:
		page = libraryPage{Problem: message(err)}
	default:
		p.fail(w, r, err)
		return
	}
	p.showLibrary(w, r, c, page)
}

func (p *Pages) showLibrary(w http.ResponseWriter, r *http.Request, c signedlink.Claims, page libraryPage) {
	var err error
	if page.Report, page.Answers, err = p.Library.Report(r.Context(), c.User); err != nil {
		p.fail(w, r, err)
		return
	}
	page.Allergens = allergen.Names()
	slices.SortFunc(page.Answers, func(a, b recipe.Answer) int { return strings.Compare(a.Food, b.Food) })
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	p.show(w, r, status, "library.html", page)
}
