package tandoortest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

type entry struct {
	id, food, unit, list int
	amount               float64
	each                 float64 // of a recipe's line, for one serving
	checked              bool
	made, completed      time.Time
}

type listRecipe struct {
	id, recipe, plan int
	servings         float64
}

const (
	maxShopping   = 1000
	maxRecentDays = 14
)

// recent is when an entry must have been ticked to be listed.
func (s *Server) recent() time.Time {
	now := s.opt.Now().In(s.opt.Location)
	return time.Date(now.Year(), now.Month(), now.Day()-min(s.opt.RecentDays, maxRecentDays), 0, 0, 0, 0, s.opt.Location)
}

func (s *Server) entryJSON(e *entry) map[string]any {
	out := map[string]any{
		"id": e.id, "list_recipe": orNil(e.list), "shopping_lists": []any{}, "food": nil, "unit": s.unitJSON(e.unit),
		"amount": round4(e.amount), "order": 0, "checked": e.checked, "ingredient": nil, "list_recipe_data": nil,
		"created_by": userJSON(), "created_at": s.stamp(e.made), "updated_at": s.stamp(e.made), "completed_at": nil, "delay_until": nil,
	}
	if !e.completed.IsZero() {
		out["completed_at"] = s.stamp(e.completed)
	}
	if f := s.db.food(e.food); f != nil {
		row := map[string]any{"id": f.id, "name": f.name, "plural_name": orNil(f.plural), "supermarket_category": nil, "shopping_lists": []any{}}
		if c := s.db.named(s.db.categories, f.category); c != nil {
			row["supermarket_category"] = categoryJSON(*c)
		}
		out["food"] = row
	}
	if l := s.db.lists[e.list]; l != nil {
		out["list_recipe_data"] = map[string]any{"id": l.id, "name": "", "recipe": orNil(l.recipe), "mealplan": orNil(l.plan), "servings": l.servings, "created_by": 1}
	}
	return out
}

func (s *Server) shoppingList(r *http.Request) reply {
	mealplan := r.URL.Query().Get("mealplan")
	rows := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.db.shopping)) {
		e := s.db.shopping[id]
		if e.checked && e.completed.Before(s.recent()) { // one that was changed since is not listed at all
			continue
		}
		if mealplan != "" {
			l := s.db.lists[e.list]
			if l == nil || strconv.Itoa(l.plan) != mealplan {
				continue
			}
		}
		rows = append(rows, s.entryJSON(e))
	}
	return s.paginate(r, rows[:min(len(rows), maxShopping)], 50, 200, true)
}

// shoppingGet shows an entry of any age.
func (s *Server) shoppingGet(r *http.Request) reply {
	e := s.db.shopping[pathID(r)]
	if e == nil {
		return noSuch("ShoppingListEntry")
	}
	return ok(s.entryJSON(e))
}

func (s *Server) shoppingCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if bad := entryComplete(in); bad != nil {
		return *bad
	}
	f, isFood := in["food"].(map[string]any)
	name, _ := f["name"].(string)
	if !isFood {
		return crash()
	}
	if name == "" {
		return required("food")
	}
	e := &entry{food: s.db.ensureFood(name), made: s.opt.Now()}
	if u, there := in["unit"].(map[string]any); there {
		unit, _ := u["name"].(string)
		e.unit = s.db.ensureUnit(unit, "")
	}
	e.amount, _ = decimal(in["amount"])
	if v, there := in["mealplan_id"]; there && v != nil {
		id, _ := v.(float64)
		if s.db.plans[int(id)] == nil {
			return crash()
		}
		e.list = s.listFor(int(id))
	}
	e.id = s.db.id("entry")
	s.db.shopping[e.id] = e
	return created(s.entryJSON(e))
}

// entryComplete refuses an entry that lacks what each must have.
func entryComplete(in map[string]any) *reply {
	for _, field := range []string{"food", "amount"} {
		if _, there := in[field]; !there {
			rep := required(field)
			return &rep
		}
	}
	return nil
}

// firstList returns the oldest list of a plan, or nil.
func (s *Server) firstList(plan int) *listRecipe {
	for _, id := range slices.Sorted(maps.Keys(s.db.lists)) {
		if l := s.db.lists[id]; l.plan == plan {
			return l
		}
	}
	return nil
}

// listFor returns the list that takes an entry typed in for a plan.
func (s *Server) listFor(plan int) int {
	if l := s.firstList(plan); l != nil {
		return l.id
	}
	l := &listRecipe{id: s.db.id("list"), plan: plan, servings: 1}
	s.db.lists[l.id] = l
	return l.id
}

func (s *Server) shoppingPatch(r *http.Request) reply {
	e := s.db.shopping[pathID(r)]
	if e == nil {
		return noSuch("ShoppingListEntry")
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if r.Method == http.MethodPut {
		if bad := entryComplete(in); bad != nil {
			return *bad
		}
	}
	// Any change that does not say that the entry is ticked takes the time away at which it was.
	checked, stated := in["checked"].(bool)
	switch {
	case !checked:
		e.completed = time.Time{}
	case !e.checked:
		e.completed = s.opt.Now()
	}
	if stated {
		e.checked = checked
	}
	if v, there := decimal(in["amount"]); there {
		e.amount = v
	}
	return ok(s.entryJSON(e))
}

func (s *Server) shoppingDelete(r *http.Request) reply {
	if s.db.shopping[pathID(r)] == nil {
		return noSuch("ShoppingListEntry")
	}
	delete(s.db.shopping, pathID(r))
	return noContent()
}

func (s *Server) shoppingBulk(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	ids, there := in["ids"].([]any)
	if !there {
		return required("ids")
	}
	for _, v := range ids {
		id, _ := v.(float64)
		if e := s.db.shopping[int(id)]; e != nil {
			if checked, stated := in["checked"].(bool); stated {
				e.checked, e.completed = checked, time.Time{}
				if checked {
					e.completed = s.opt.Now()
				}
			}
		}
	}
	in["timestamp"] = s.stamp(s.opt.Now())
	return ok(in)
}

func (s *Server) listRecipeCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	recipe, rep := reference(in["recipe"], "recipe", func(id int) bool { return s.db.recipes[id] != nil })
	if rep != nil {
		return *rep
	}
	plan, rep := reference(in["mealplan"], "mealplan", func(id int) bool { return s.db.plans[id] != nil })
	if rep != nil {
		return *rep
	}
	servings, stated := in["servings"].(float64)
	if !stated {
		return required("servings")
	}
	l := &listRecipe{s.db.id("list"), recipe, plan, servings}
	s.db.lists[l.id] = l
	return created(map[string]any{"id": l.id, "name": "", "recipe": orNil(recipe), "mealplan": orNil(plan), "servings": servings})
}

// listRecipeFill adds entries; it crashes without shopping_lists_ids.
func (s *Server) listRecipeFill(r *http.Request) reply {
	l := s.db.lists[pathID(r)]
	if l == nil {
		return noSuch("ShoppingListRecipe")
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if _, there := in["shopping_lists_ids"].([]any); !there {
		return crash()
	}
	entries, _ := in["entries"].([]any)
	for _, raw := range entries {
		m, _ := raw.(map[string]any)
		foodID, _ := m["food_id"].(float64)
		unitID, _ := m["unit_id"].(float64)
		if s.db.food(int(foodID)) == nil {
			return crash()
		}
		e := &entry{id: s.db.id("entry"), food: int(foodID), unit: int(unitID), list: l.id, made: s.opt.Now()}
		e.amount, _ = m["amount"].(float64)
		s.db.shopping[e.id] = e
	}
	return ok(in)
}
