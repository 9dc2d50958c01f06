package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// touch records that the person changed a meal that may be the planner's.
func (s *shared) touch(row map[string]any) {
	slot, dish := showing(row)
	switch s.ours("meal", row) {
	case "ours":
		s.took[slot] = dish
	case "theirs":
	default:
		s.loose[slot] = true
	}
}

func pick[T any](s *shared, from []T) (T, bool) {
	var none T
	if len(from) == 0 {
		return none, false
	}
	return from[s.random.IntN(len(from))], true
}

// meddle is a person at work.
func (s *shared) meddle() string {
	if s.random.IntN(2) == 0 {
		return s.meddleMeals()
	}
	return s.meddleLines()
}

func (s *shared) meddleMeals() string {
	row, ok := pick(s, s.meals())
	if !ok {
		return "nothing"
	}
	path, mine := mealPath(row), s.mine[mealPath(row)] != ""
	another := (week + calendar.Date(s.random.IntN(16)-4)).String()
	what := []string{"copy", "drag", "note", "servings", "delete", "add", "list"}[s.random.IntN(7)]
	switch what {
	case "copy": // Ctrl+drag: everything with it, the id included
		made := s.do("POST", "/api/meal-plan/", with(row, map[string]any{"from_date": another, "to_date": another, "addshopping": row["shopping"]}))
		s.mine[mealPath(made)] = sight(made)
		s.keepLines(made)
		return what + " " + mealPath(made)
	case "add":
		made := s.do("POST", "/api/meal-plan/", fmt.Sprintf(`{"recipe":{"id":%v,"name":"any"},"meal_type":%s,"servings":3.25,"from_date":%q,"addshopping":false}`,
			row["recipe"].(map[string]any)["id"], with(row["meal_type"].(map[string]any), nil), another))
		s.mine[mealPath(made)] = sight(made)
		return what + " " + mealPath(made)
	case "list":
		if mine {
			return "nothing"
		}
		slot, _ := showing(row)
		s.loose[slot] = true // it stays, and another one beside it when the plan changes
		line := s.do("POST", "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":"Wine"},"unit":null,"amount":1,"mealplan_id":%d}`, id(row)))
		s.mine[linePath(line)], s.mine[path] = sight(line), sight(row)
		return what + " " + path
	}
	if !mine {
		s.touch(row)
	}
	switch what {
	case "drag": // forward, so that it never comes back to where it was; at the same time of day
		from, err := calendar.Parse(row["from_date"].(string)[:10])
		must(s.t, err)
		moved := (from + 1 + calendar.Date(s.random.IntN(4))).String() + row["from_date"].(string)[10:]
		row = s.do("PUT", path, with(row, map[string]any{"from_date": moved, "to_date": moved}))
	case "note":
		row = s.do("PUT", path, with(row, map[string]any{"note": fmt.Sprintf("bring wine %d", s.random.IntN(100))}))
	case "servings":
		row = s.do("PUT", path, with(row, map[string]any{"servings": row["servings"].(float64) + 7}))
	case "delete":
		if row["shopping"].(bool) {
			return "nothing" // the browser asks before it takes the list along
		}
		row = s.do("DELETE", path, "")
	}
	s.mine[path] = sight(row)
	for line := range s.mine { // Tandoor scales what hangs on a meal
		if strings.HasPrefix(line, "/api/shopping") && s.mine[line] != "" {
			s.mine[line] = sight(s.do("GET", line, ""))
		}
	}
	return what + " " + path
}

// with is a row with changes, as the browser sends it.
func with(row, changes map[string]any) string {
	out := maps.Clone(row)
	maps.Copy(out, changes)
	b, _ := json.Marshal(out)
	return string(b)
}

// keepLines notes the lines that came with a meal of the person's.
func (s *shared) keepLines(meal map[string]any) {
	for _, row := range s.list(fmt.Sprintf("/api/shopping-list-entry/?mealplan=%d", id(meal))) {
		s.mine[linePath(row)] = sight(row)
	}
}

func (s *shared) meddleLines() string {
	row, ok := pick(s, s.lines())
	if !ok {
		return "nothing"
	}
	path := linePath(row)
	state, k := s.ours("line", row), lineKey(row)
	amount := recipe.Amount(row["amount"].(float64)*float64(recipe.One) + 0.5)
	what := []string{"tick", "tick", "edit", "delete", "add"}[s.random.IntN(5)]
	if what == "add" {
		made := s.do("POST", "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":%q},"unit":null,"amount":77}`, row["food"].(map[string]any)["name"]))
		s.mine[linePath(made)] = sight(made)
		return what + " " + linePath(made)
	}
	if s.mine[path] != "" {
		return "nothing"
	}
	if state != "ours" {
		s.loose[k] = true
	}
	switch what {
	case "tick":
		s.do("POST", "/api/shopping-list-entry/bulk/", fmt.Sprintf(`{"ids":[%d],"checked":true}`, id(row)))
		row = s.do("GET", path, "")
	case "edit": // in the list, or in the dialog
		amount += 5 * recipe.One
		if s.random.IntN(2) == 0 {
			row = s.do("PATCH", path, fmt.Sprintf(`{"amount":%v}`, amount.Float()))
		} else {
			row = s.do("PUT", path, with(row, map[string]any{"amount": amount.Float()}))
		}
	case "delete":
		row = s.do("DELETE", path, "")
	}
	s.got[k] += amount
	s.mine[path] = sight(row)
	return what + " " + path
}
