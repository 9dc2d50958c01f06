package site

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
)

// mostShown bounds the unknown foods, and the recipes of a reason, on a page.
const mostShown = 40

// libraryPage is a library with what keeps recipes out.
type libraryPage struct {
	planner.Report
	Meals     []count
	Answers   []recipe.Answer
	Allergens []string
	Shelf     *shelf // nil for whoever follows a link of a mail
	Reading   *readingPage
	Said      string // what was stored just now, or
	Problem   string // why it was not
}

type count struct {
	Meal recipe.Meal
	N    int
}

// More is how many of a number are beyond those shown.
func (libraryPage) More(n int) int { return max(0, n-mostShown) }

// Most is the number of entries shown.
func (libraryPage) Most(n int) int { return min(n, mostShown) }

func (s *Site) library(w http.ResponseWriter, r *http.Request, id string) error {
	return s.ownLibrary(w, r, id, nil)
}

// ownLibrary is the library for who is signed in; reading is what they were refused, if so.
func (s *Site) ownLibrary(w http.ResponseWriter, r *http.Request, id string, reading *readingPage) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	if reading == nil {
		if reading, err = s.reading(r.Context(), u); err != nil {
			return err
		}
	}
	home, _, err := s.Beginning.Library(r.Context(), u.Connection)
	if err != nil {
		return err
	}
	page := libraryPage{Shelf: &shelf{Title: message.Textf("Recipes")}, Reading: reading}
	if at, err := url.Parse(home); err == nil && (at.Scheme == "https" || at.Scheme == "http") {
		page.Shelf.Home = at.Redacted()
	}
	return s.showLibrary(w, r, id, page)
}

// shelf is a page of the library's recipes.
type shelf struct {
	Title      message.Text
	Root       string // what addresses begin with
	Home       string // where they are kept; "" if that is no web address
	Query      string // what their names hold
	Open       bool   // somebody looks through them
	Found      int
	Dishes     []shelved
	Prev, Next string // queries of other pages; "": there is none
	Page, Of   int
}

// shelved is a recipe with its picture and what can be done with it.
type shelved struct {
	planner.Dish
	Picture string
	Label   message.Text
	To      string // the address of the page that does it
}

// shelfSize is how many recipes a page has.
const shelfSize = 20

// fill takes the page that the query asks for. Of a page that is none, the nearest is shown.
func (s *shelf) fill(asked url.Values, all []planner.Dish) {
	s.Query, s.Open = strings.TrimSpace(asked.Get("q")), asked.Has("q") || asked.Has("page")
	found := planner.Named(all, s.Query)
	s.Found, s.Of = len(found), max(1, (len(found)+shelfSize-1)/shelfSize)
	page, _ := strconv.Atoi(asked.Get("page"))
	s.Page = min(max(1, page), s.Of)
	for _, d := range found[(s.Page-1)*shelfSize : min(len(found), s.Page*shelfSize)] {
		s.Dishes = append(s.Dishes, shelved{Dish: d})
	}
	at := func(page int) string {
		return "?" + url.Values{"q": {s.Query}, "page": {strconv.Itoa(page)}}.Encode() + "#recipes"
	}
	if s.Page > 1 {
		s.Prev = at(s.Page - 1)
	}
	if s.Page < s.Of {
		s.Next = at(s.Page + 1)
	}
}

// stock gives the recipes that are shown their pictures, and those that can be planned a button, if
// there is one: their names lead to their pages.
func (s *Site) stock(r *http.Request, id string, shown *shelf, label message.Text, to func(recipe.ID) string) error {
	recipes, err := s.recipesOf(r, id)
	if err != nil {
		return err
	}
	shown.Root = s.at("")
	for i := range shown.Dishes {
		d := &shown.Dishes[i]
		d.Picture = s.pictureOf(recipes[d.ID], picture.Small)
		if d.Reason == "" && to != nil {
			d.Label, d.To = label, to(d.ID)
		}
	}
	return nil
}

// linkedLibrary is the library for whoever follows a link in a mail.
func (s *Site) linkedLibrary(w http.ResponseWriter, r *http.Request) error {
	id, err := s.Librarian(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := s.recognise(r, id); err != nil {
		return err
	}
	return s.showLibrary(w, r, id, libraryPage{})
}

func (s *Site) showLibrary(w http.ResponseWriter, r *http.Request, id string, page libraryPage) error {
	var err error
	if page.Report, page.Answers, err = s.Library.Report(r.Context(), id); err != nil {
		return err
	}
	slices.SortFunc(page.Answers, func(a, b recipe.Answer) int { return strings.Compare(a.Food, b.Food) })
	page.Allergens = allergen.Names()
	if page.Shelf != nil {
		page.Shelf.fill(r.URL.Query(), page.Dishes)
		if err := s.stock(r, id, page.Shelf, message.Text{}, nil); err != nil {
			return err
		}
	}
	for _, m := range recipe.Meals {
		page.Meals = append(page.Meals, count{m, page.Usable[m]})
	}
	v := view{file: "library.html", title: message.Textf("Your library"), nav: "library", data: page}
	if r.PathValue("token") != "" {
		v.nav = ""
	}
	if page.Problem != "" || page.Reading != nil && page.Reading.Problem != "" {
		v.status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, v)
}

// answer stores what a form says of a food.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, id string) error {
	said, err := s.storeAnswer(r, id)
	return s.said(w, r, "/library", said, err)
}

// linkedAnswer is [Site.answer] for whoever follows a link: there is no session that could say
// on the next page what was done.
func (s *Site) linkedAnswer(w http.ResponseWriter, r *http.Request) error {
	id, err := s.Librarian(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	said, err := s.storeAnswer(r, id)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return s.showLibrary(w, r, id, libraryPage{Said: said.In(spoken(r))})
	case kind == fault.InvalidInput || kind == fault.NotFound:
		return s.showLibrary(w, r, id, libraryPage{Problem: message.Sentence(fault.In(err, spoken(r)))})
	default:
		return err
	}
}

// storeAnswer stores what the form's field "answer" says of its food, and returns it in words.
func (s *Site) storeAnswer(r *http.Request, id string) (message.Text, error) {
	a := recipe.Answer{Food: r.PostForm.Get("food")}
	said := message.Textf("%s is nothing to eat. The next plan counts with it.", a.Food)
	switch r.PostForm.Get("answer") {
	case "is":
		a.Is = strings.TrimSpace(r.PostForm.Get("is"))
		said = message.Textf("%s is %s. The next plan counts with it.", a.Food, a.Is)
	case "contains":
		a.Told, a.Contains = true, r.PostForm["contains"]
		said = message.Textf("%s contains no allergen. The next plan counts with it.", a.Food)
		if len(a.Contains) > 0 {
			contains := make([]string, len(a.Contains))
			for i, c := range a.Contains {
				contains[i] = spoken(r).Word(c)
			}
			said = message.Textf("%s contains %s. The next plan counts with it.", a.Food, strings.Join(contains, ", "))
		}
	case "ignore":
		a.Ignored = true
	case "forget":
		return message.Textf("What was said of %s is forgotten.", a.Food), s.Library.TakeBackAs(r.Context(), id, a.Food)
	}
	return said, s.Library.AnswerAs(r.Context(), id, a)
}
