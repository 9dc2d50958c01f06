package site

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
)

// cookPage is one step of a dish, to read from across the kitchen.
type cookPage struct {
	mealPage
	Number, Of int
	Text       string
	Timers     []int
	Previous   int // 0: this is the first
	Next       int // 0: this is the last
}

// cookStep shows one step. Each paragraph counts as one: many recipes hold all of their text in a
// single step.
func (s *Site) cookStep(w http.ResponseWriter, r *http.Request, id string) error {
	page, err := s.mealPage(r, id)
	if err != nil {
		return err
	}
	var texts []string
	var timed [][]int
	for _, st := range page.Steps {
		first := len(timed)
		for i, text := range st.Text {
			minutes := waitsIn(text)
			if i == len(st.Text)-1 {
				for _, m := range st.Minutes { // of the step as a whole
					if !slices.ContainsFunc(timed[first:], func(t []int) bool { return slices.Contains(t, m) }) && !slices.Contains(minutes, m) {
						minutes = append(minutes, m)
					}
				}
			}
			texts, timed = append(texts, text), append(timed, minutes)
		}
	}
	n, err := strconv.Atoi(r.PathValue("step"))
	if err != nil || n < 1 || n > len(texts) {
		return fault.New(fault.NotFound, "step", "the recipe has %d steps", len(texts))
	}
	out := cookPage{mealPage: page, Number: n, Of: len(texts), Text: texts[n-1], Timers: timed[n-1], Previous: n - 1}
	if n < len(texts) {
		out.Next = n + 1
	}
	return s.show(w, r, view{file: "cook.html", title: message.Textf("%s, step %d", page.Serving.Name, n), nav: "week", data: out})
}

// cookingPage is what is cooked when.
type cookingPage struct {
	Week calendar.Date
	Days []cookingDay
}

type cookingDay struct {
	Date    calendar.Date
	Minutes int  // of all dishes together
	Unknown bool // of some it is not known
	Batches []batchView
	Thaw    []prep.Portion // on its evening
}

type batchView struct {
	At       plan.Slot // where the dish is shown
	Name     string
	Minutes  int
	Servings nutrition.Servings
	Feeds    []message.Text
	Storage  []message.Text
}

func (s *Site) cooking(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	stored, err := s.Plans.Get(r.Context(), id, week)
	if err != nil {
		return err
	}
	page := cookingPage{Week: week}
	for d := week; d < week+7; d++ {
		day := cookingDay{Date: d, Thaw: stored.Prep.Thawing(d)}
		for _, b := range stored.Prep.Batches {
			if b.Cook != d {
				continue
			}
			v := batchView{At: plan.Slot{Date: b.Eaten[0].Date, Meal: b.Eaten[0].Meal}, Name: b.Name, Minutes: b.Minutes, Servings: b.Servings, Storage: b.Storage()}
			for _, e := range b.Eaten {
				v.Feeds = append(v.Feeds, plan.Slot{Date: e.Date, Meal: e.Meal}.Text())
			}
			day.Minutes, day.Unknown = day.Minutes+b.Minutes, day.Unknown || b.Minutes == 0
			day.Batches = append(day.Batches, v)
		}
		page.Days = append(page.Days, day)
	}
	return s.show(w, r, view{file: "cooking.html", title: message.Textf("Cooking plan"), nav: "week", data: page})
}
