package library_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// store is one library of two recipes.
type store struct {
	answers []recipe.Answer
	by      []string
}

func (s *store) Load(_ context.Context, connection string) ([]recipe.Recipe, error) {
	if connection != "home" {
		return nil, fault.New(fault.NotFound, "load", "no connection %q", connection)
	}
	dish := func(id recipe.ID, name string, foods ...string) recipe.Recipe {
		r := recipe.Recipe{
			ID: id, Name: name, Servings: 2, Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner}, Nutrition: recipe.Stated,
			PerServing: nutrition.Macros{Protein: 30 * nutrition.Gram, Fat: 20 * nutrition.Gram, Carbs: 50 * nutrition.Gram},
		}
		for _, f := range foods {
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: recipe.Food{Name: f}, Amount: recipe.One})
		}
		return r
	}
	torn := dish(3, "Toast", "steaks")
	torn.Ingredients[0].Unit.Name = "zauber"
	return recipe.Answered([]recipe.Recipe{dish(1, "Rice", "rice"), dish(2, "Magic rice", "rice", "Zauberpulver"), torn}, s.answers), nil
}

func (s *store) Answers(context.Context, string) ([]recipe.Answer, error) { return s.answers, nil }

func (s *store) Answer(_ context.Context, _ string, a recipe.Answer, by string) error {
	s.answers, s.by = append(s.answers, a), append(s.by, by)
	return nil
}

func (s *store) TakeBack(_ context.Context, _, food, by string) error {
	n := len(s.answers)
	s.answers = slices.DeleteFunc(s.answers, func(a recipe.Answer) bool { return a.Food == food })
	if s.by = append(s.by, by); len(s.answers) == n {
		return fault.New(fault.NotFound, "answer", "nothing was said of %q", food)
	}
	return nil
}

type users struct{}

func (users) Get(_ context.Context, id string) (user.User, error) {
	if id != "user_ana" {
		return user.User{}, fault.New(fault.NotFound, "user", "no user %q", id)
	}
	return user.User{ID: id, Connection: "home", Settings: user.Settings{Allergens: []string{"nuts"}}}, nil
}

func TestAnAnswerFreesARecipe(t *testing.T) {
	t.Parallel()
	s := &store{}
	lib := library.New(s, users{})
	dinners := func() int {
		t.Helper()
		r, answers, err := lib.Report(t.Context(), "user_ana")
		if err != nil || !reflect.DeepEqual(answers, s.answers) {
			t.Fatalf("%v, %v", answers, err)
		}
		return r.Usable[recipe.Dinner]
	}
	if n := dinners(); n != 1 {
		t.Fatalf("%d dinners before", n)
	}
	if err := lib.AnswerAs(t.Context(), "user_ana", recipe.Answer{Food: "Zauberpulver", Told: true, Contains: []string{" Milk"}}); err != nil {
		t.Fatal(err)
	}
	if n := dinners(); n != 2 || s.by[0] != "user_ana" || s.answers[0].Contains[0] != "milk" {
		t.Errorf("%d dinners, %q said %+v", n, s.by, s.answers)
	}
	if err := lib.TakeBackAs(t.Context(), "user_ana", "Zauberpulver"); err != nil || dinners() != 1 {
		t.Errorf("taken back: %v", err)
	}
	if err := lib.TakeBackAs(t.Context(), "user_ana", "Zauberpulver"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("taken back twice: %v", err)
	}
}

func TestAnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer recipe.Answer
		want   string // in the message; empty: it is stored
	}{
		{recipe.Answer{Food: "Zauberpulver", Is: "cream cheese"}, ""},
		{recipe.Answer{Food: "zauberpulver", Ignored: true}, ""},
		{recipe.Answer{Food: "zauber steaks", Told: true}, ""},
		{recipe.Answer{Food: "Zauberpulver"}, "say what"},
		{recipe.Answer{Food: "Zauberpulver", Is: "chese"}, "did you mean cheese"},
		{recipe.Answer{Food: "Zauberpulver", Told: true, Contains: []string{"nuts", "happiness"}}, "happiness"},
		{recipe.Answer{Food: "Zauberpulfer", Ignored: true}, "did you mean Zauberpulver"},
	} {
		s := &store{}
		err := library.New(s, users{}).AnswerAs(t.Context(), "user_ana", c.answer)
		if c.want == "" {
			if err != nil || len(s.answers) != 1 {
				t.Errorf("%+v: %v", c.answer, err)
			}
			continue
		}
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), c.want) || len(s.answers) > 0 {
			t.Errorf("%+v: %v, stored %v; want %q", c.answer, err, s.answers, c.want)
		}
	}
	err := library.New(&store{}, users{}).AnswerAs(t.Context(), "user_ben", recipe.Answer{Food: "rice", Ignored: true})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody unknown: %v", err)
	}
}
