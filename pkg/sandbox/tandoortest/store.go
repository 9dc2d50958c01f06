package tandoortest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

type unit struct {
	id                 int
	name, plural, base string
}

type food struct {
	id                 int
	name, plural, slug string
	category, parent   int
	fdc                int64
	props              map[int]float64 // by property type, per propsAmount of propsUnit
	propsAmount        float64
	propsUnit          int
	ignore, onHand     bool
	recipe             int
}

type conversion struct {
	id               int
	food             int // 0 = every food
	amount, toAmount float64
	unit, toUnit     int
}

type named struct {
	id     int
	name   string
	parent int
	order  int
}

// PropertyType is a property type of the space. The defaults are what Tandoor's own
// migration and importers make.
type PropertyType struct {
	Name, Unit, Slug string
	FDC              int64
	Of               string // which of kcal, protein, fat, carbs it holds; "" = none of them
}

// DefaultPropertyTypes returns Fat, Carbohydrates, Proteins and Calories.
func DefaultPropertyTypes() []PropertyType {
	return []PropertyType{
		{"Fat", "g", "property-fats", 1004, "fat"},
		{"Carbohydrates", "g", "property-carbohydrates", 1005, "carbs"},
		{"Proteins", "g", "property-proteins", 1003, "protein"},
		{"Calories", "kcal", "property-calories", 1008, "kcal"},
	}
}

func (v Values) of(name string) (float64, bool) {
	switch name {
	case "kcal":
		return v.Kcal, true
	case "protein":
		return v.Protein, true
	case "fat":
		return v.Fat, true
	case "carbs":
		return v.Carbs, true
	default:
		return 0, false
	}
}

type ingredient struct {
	id               int
	food, unit       int // 0 = none
	amount           float64
	note, original   string
	noAmount, header bool
}

type step struct {
	id          int
	name        string
	instruction string
	minutes     int
	recipe      int
	ingredients []ingredient
}

type recipeRow struct {
	id                              int
	name, description, servingsText string
	servings, working, waiting      int
	internal, private               bool // private: another user's, seen only where it is embedded
	keywords                        []int
	mode                            string
	props                           map[int]float64 // typed in, by property type, per serving
	nutrition                       *Values
	steps                           []step
	created, updated                time.Time
	amend                           func(map[string]any)
}

// store holds the rows of a space. Ids count from 1 per table.
type store struct {
	number      int // of the space, from 0
	units       []unit
	foods       []food
	conversions []conversion
	categories  []named
	keywords    []named
	types       []PropertyType // id = index + 1
	recipes     map[int]*recipeRow
	mealTypes   []mealType
	plans       map[int]*plan
	shopping    map[int]*entry
	lists       map[int]*listRecipe
	cooked      []cookLog
	last        map[string]int
}

// newStore makes an empty space. last counts the ids of all spaces.
func newStore(types []PropertyType, last map[string]int) *store {
	return &store{
		types: types, recipes: map[int]*recipeRow{}, plans: map[int]*plan{},
		shopping: map[int]*entry{}, lists: map[int]*listRecipe{}, last: last,
	}
}

func (s *store) id(table string) int {
	s.last[table]++
	return s.last[table]
}

// find returns the index of the row with the name, without regard to case, or -1.
func find[T any](rows []T, name string, of func(T) string) int {
	return slices.IndexFunc(rows, func(r T) bool { return strings.EqualFold(of(r), strings.TrimSpace(name)) })
}

func unitName(u unit) string         { return u.name }
func foodName(f food) string         { return f.name }
func rowName(n named) string         { return n.name }
func typeName(p PropertyType) string { return p.Name }

// ensureUnit finds a unit by name or plural, or makes it.
func (s *store) ensureUnit(name, base string) int {
	for _, of := range []func(unit) string{unitName, func(u unit) string { return u.plural }} {
		if i := find(s.units, name, of); i >= 0 {
			return s.units[i].id
		}
	}
	s.units = append(s.units, unit{s.id("unit"), name, name, base})
	return s.units[len(s.units)-1].id
}

// ensureFood finds a food by name or plural, or makes it.
func (s *store) ensureFood(name string) int {
	for _, of := range []func(food) string{foodName, func(f food) string { return f.plural }} {
		if i := find(s.foods, name, of); i >= 0 {
			return s.foods[i].id
		}
	}
	s.foods = append(s.foods, food{id: s.id("food"), name: name, props: map[int]float64{}, propsAmount: 100})
	return s.foods[len(s.foods)-1].id
}

func (s *store) ensureNamed(rows *[]named, table, name string) int {
	if i := find(*rows, name, rowName); i >= 0 {
		return (*rows)[i].id
	}
	*rows = append(*rows, named{id: s.id(table), name: name})
	return (*rows)[len(*rows)-1].id
}

func (s *store) food(id int) *food {
	for i := range s.foods {
		if s.foods[i].id == id {
			return &s.foods[i]
		}
	}
	return nil
}

func (s *store) unit(id int) *unit {
	for i := range s.units {
		if s.units[i].id == id {
			return &s.units[i]
		}
	}
	return nil
}

func (s *store) named(rows []named, id int) *named {
	for i := range rows {
		if rows[i].id == id {
			return &rows[i]
		}
	}
	return nil
}

func (s *store) recipeIDs() []int { return slices.Sorted(maps.Keys(s.recipes)) }

// load fills the store. Errors name the place in the library.
func (s *store) load(l Library, now time.Time) error {
	for _, c := range l.Categories {
		s.categories = append(s.categories, named{id: s.id("category"), name: c.Name, order: c.Order})
	}
	for _, u := range l.Units {
		if u.BaseUnit != "" && baseFactor(u.BaseUnit) == 0 {
			return badLibrary("unit %q: base_unit %q is not one of Tandoor's", u.Name, u.BaseUnit)
		}
		s.units = append(s.units, unit{s.id("unit"), u.Name, u.Plural, u.BaseUnit})
	}
	gram := s.ensureUnit("g", "g")
	for _, k := range l.Keywords {
		row := named{id: s.id("keyword"), name: k.Name}
		if k.Parent != "" {
			i := find(s.keywords, k.Parent, rowName)
			if i < 0 {
				return badLibrary("keyword %q: parent %q must stand before it", k.Name, k.Parent)
			}
			row.parent = s.keywords[i].id
		}
		s.keywords = append(s.keywords, row)
	}
	if err := s.loadFoods(l, gram); err != nil {
		return err
	}
	for _, r := range l.Recipes {
		if err := s.loadRecipe(r, now); err != nil {
			return badLibrary("recipe %q: %v", r.Name, err)
		}
	}
	for i, id := range s.recipeIDs() { // made in the library's order
		r := l.Recipes[i]
		for n, st := range r.Steps {
			if st.Recipe == "" {
				continue
			}
			row := s.recipes[id]
			if row.steps[n].recipe = s.recipeNamed(st.Recipe); row.steps[n].recipe == 0 {
				return badLibrary("recipe %q: step %d: recipe %q is not listed", r.Name, n+1, st.Recipe)
			}
		}
	}
	for i, f := range l.Foods {
		if f.Recipe == "" {
			continue
		}
		if s.foods[i].recipe = s.recipeNamed(f.Recipe); s.foods[i].recipe == 0 {
			return badLibrary("food %q: recipe %q is not listed", f.Name, f.Recipe)
		}
	}
	return nil
}

func badLibrary(format string, args ...any) error {
	return fault.New(fault.InvalidInput, "tandoor library", format, args...)
}

func (s *store) loadFoods(l Library, gram int) error {
	for _, f := range l.Foods {
		if f.Name == "" || find(s.foods, f.Name, foodName) >= 0 {
			return badLibrary("food %q: the name is missing or used twice", f.Name)
		}
		row := food{
			id: s.id("food"), name: f.Name, plural: f.Plural, slug: f.Slug, fdc: f.FDC,
			ignore: f.IgnoreShopping, onHand: f.OnHand, props: map[int]float64{}, propsAmount: 100,
		}
		if f.Category != "" {
			i := find(s.categories, f.Category, rowName)
			if i < 0 {
				return badLibrary("food %q: category %q is not listed", f.Name, f.Category)
			}
			row.category = s.categories[i].id
		}
		if f.Properties != nil {
			row.propsUnit = gram
			for i, t := range s.types {
				if v, ok := f.Properties.of(t.Of); ok {
					row.props[i+1] = v
				}
			}
		}
		s.foods = append(s.foods, row)
		for _, c := range f.Conversions {
			from, to := find(s.units, c.Unit, unitName), find(s.units, c.ToUnit, unitName)
			if from < 0 || to < 0 || c.Amount <= 0 || c.ToAmount <= 0 {
				return badLibrary("food %q: conversion %v %q = %v %q: want listed units and positive amounts", f.Name, c.Amount, c.Unit, c.ToAmount, c.ToUnit)
			}
			s.conversions = append(s.conversions, conversion{s.id("conversion"), row.id, c.Amount, c.ToAmount, s.units[from].id, s.units[to].id})
		}
	}
	for i, f := range l.Foods {
		if f.Parent == "" {
			continue
		}
		p := find(s.foods, f.Parent, foodName)
		if p < 0 || p == i {
			return badLibrary("food %q: parent %q is not listed", f.Name, f.Parent)
		}
		s.foods[i].parent = s.foods[p].id
	}
	return nil
}

func (s *store) recipeNamed(name string) int {
	for _, id := range s.recipeIDs() {
		if s.recipes[id].name == name {
			return id
		}
	}
	return 0
}

func (s *store) loadRecipe(spec RecipeSpec, now time.Time) error {
	row := &recipeRow{
		id: s.id("recipe"), name: spec.Name, description: spec.Description, servingsText: spec.ServingsText,
		servings: spec.Servings, working: spec.WorkingTime, waiting: spec.WaitingTime,
		internal: true, private: spec.Private, mode: spec.Nutrition, created: now, updated: now, props: map[int]float64{},
	}
	if spec.Name == "" || len(spec.Name) > 128 {
		return errors.New("name: want 1 to 128 characters")
	}
	for _, k := range spec.Keywords {
		i := find(s.keywords, k, rowName)
		if i < 0 {
			return fmt.Errorf("keyword %q is not listed", k)
		}
		row.keywords = append(row.keywords, s.keywords[i].id)
	}
	for n, st := range spec.Steps {
		out := step{id: s.id("step"), name: st.Name, instruction: st.Instruction, minutes: st.Time}
		for m, in := range st.Ingredients {
			line, err := s.loadIngredient(in)
			if err != nil {
				return fmt.Errorf("step %d, ingredient %d: %w", n+1, m+1, err)
			}
			out.ingredients = append(out.ingredients, line)
		}
		row.steps = append(row.steps, out)
	}
	if err := s.loadNutrition(row, spec); err != nil {
		return err
	}
	s.recipes[row.id] = row
	return nil
}

func (s *store) loadIngredient(in IngredientSpec) (ingredient, error) {
	line := ingredient{id: s.id("ingredient"), amount: in.Amount, note: in.Note, original: in.OriginalText, noAmount: in.NoAmount, header: in.IsHeader}
	if in.Food != "" {
		i := find(s.foods, in.Food, foodName)
		if i < 0 {
			return line, fmt.Errorf("food %q is not listed", in.Food)
		}
		line.food = s.foods[i].id
	}
	if in.Unit != "" {
		u := find(s.units, in.Unit, unitName)
		if u < 0 {
			return line, fmt.Errorf("unit %q is not listed", in.Unit)
		}
		line.unit = s.units[u].id
	}
	if in.Food != "" && !in.IsHeader && (in.Amount < 0 || in.Amount == 0 && !in.NoAmount) {
		return line, fmt.Errorf("amount of %q: want more than 0, or no_amount", in.Food)
	}
	return line, nil
}

func (s *store) loadNutrition(row *recipeRow, spec RecipeSpec) error {
	switch spec.Nutrition {
	case "", ModeFoodProperties, ModeNone, ModeMissing:
		if spec.PerServing != nil {
			return fmt.Errorf("per_serving has no place in nutrition mode %q", spec.Nutrition)
		}
		return nil
	case ModeProperties, ModeLegacy:
	default:
		return fmt.Errorf("nutrition %q: want properties, food_properties, legacy, none or missing", spec.Nutrition)
	}
	v := spec.PerServing
	if v == nil {
		got, err := s.perServing(row)
		if err != nil {
			return fmt.Errorf("without per_serving every food must have properties: %w", err)
		}
		v = &got
	}
	if spec.Nutrition == ModeLegacy {
		row.nutrition = v
		return nil
	}
	for i, t := range s.types {
		if x, ok := v.of(t.Of); ok {
			row.props[i+1] = x
		}
	}
	return nil
}
