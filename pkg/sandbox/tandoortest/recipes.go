package tandoortest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

var recipeSorts = []string{"score", "name", "lastcooked", "rating", "times_cooked", "created_at", "lastviewed"}

func (s *Server) recipeList(r *http.Request) reply {
	q := r.URL.Query()
	rows := make([]*recipeRow, 0, len(s.db.recipes))
	for _, id := range s.db.recipeIDs() {
		if row := s.db.recipes[id]; !row.private {
			rows = append(rows, row)
		}
	}
	rows, good := s.filterRecipes(rows, q)
	if !good {
		return crash()
	}
	rated := false
	for _, by := range q["sort_order"] {
		key := strings.TrimPrefix(by, "-")
		if !slices.Contains(recipeSorts, key) {
			return crash()
		}
		rated = rated || key == "rating"
	}
	order := q.Get("sort_order")
	slices.SortStableFunc(rows, func(a, b *recipeRow) int {
		c := strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
		if strings.HasSuffix(order, "created_at") {
			c = a.created.Compare(b.created)
		}
		if strings.HasPrefix(order, "-") {
			c = -c
		}
		return c
	})
	out := make([]any, 0, len(rows))
	for _, row := range rows {
		o := s.overviewJSON(row)
		if rated {
			o["rating"] = s.rating(row.id)
		}
		out = append(out, o)
	}
	return s.paginate(r, out, 25, 100, false)
}

// filterRecipes applies the filters; false means a value Tandoor fails on.
func (s *Server) filterRecipes(rows []*recipeRow, q url.Values) ([]*recipeRow, bool) {
	good := true
	keep := func(match func(*recipeRow) bool) {
		rows = slices.DeleteFunc(rows, func(r *recipeRow) bool { return !match(r) })
	}
	if text := strings.ToLower(q.Get("query")); text != "" {
		keep(func(r *recipeRow) bool { return strings.Contains(strings.ToLower(r.name), text) })
	}
	for _, key := range []string{"keywords", "keywords_or"} {
		for _, v := range q[key] {
			id, err := strconv.Atoi(v)
			good = good && err == nil
			keep(func(r *recipeRow) bool {
				return slices.ContainsFunc(r.keywords, func(k int) bool {
					for n := s.db.named(s.db.keywords, k); n != nil; n = s.db.named(s.db.keywords, n.parent) {
						if n.id == id {
							return true
						}
					}
					return false
				})
			})
		}
	}
	for key, match := range map[string]func(row, arg string) bool{
		"updatedon_gte": func(row, arg string) bool { return row >= arg },
		"updatedon_lte": func(row, arg string) bool { return row <= arg },
		"updatedon":     func(row, arg string) bool { return row == arg },
	} {
		arg := q.Get(key)
		if arg == "" {
			continue
		}
		_, err := time.Parse(time.DateOnly, arg)
		good = good && err == nil
		keep(func(r *recipeRow) bool { return match(r.updated.In(s.opt.Location).Format(time.DateOnly), arg) })
	}
	return rows, good
}

func (s *Server) recipeFlat(*http.Request) reply {
	out := []any{}
	for _, id := range s.db.recipeIDs() {
		if s.db.recipes[id].private {
			continue
		}
		out = append(out, map[string]any{"id": id, "name": s.db.recipes[id].name, "image": s.image(id)})
	}
	return ok(out)
}

func userJSON() map[string]any {
	return map[string]any{
		"id": 1, "username": "planner", "first_name": "", "last_name": "", "display_name": "planner",
		"is_staff": false, "is_superuser": false, "is_active": true,
	}
}

func (s *Server) overviewJSON(r *recipeRow) map[string]any {
	keywords := []any{}
	for _, id := range r.keywords {
		if k := s.db.named(s.db.keywords, id); k != nil {
			keywords = append(keywords, map[string]any{"id": k.id, "label": k.name})
		}
	}
	return map[string]any{
		"id": r.id, "name": r.name, "description": orNil(r.description), "image": s.image(r.id), "keywords": keywords,
		"working_time": r.working, "waiting_time": r.waiting, "created_by": userJSON(),
		"created_at": s.stamp(r.created), "updated_at": s.stamp(r.updated), "internal": r.internal, "private": false,
		"servings": r.servings, "servings_text": r.servingsText, "rating": nil, "last_cooked": nil, "new": false,
	}
}

func (s *Server) recipeGet(r *http.Request) reply {
	row := s.db.recipes[pathID(r)]
	if row == nil || row.private {
		return noSuch("Recipe")
	}
	return ok(s.recipeJSON(row))
}

func (s *Server) recipeJSON(r *recipeRow) map[string]any {
	out := s.overviewJSON(r)
	delete(out, "new")
	keywords := []any{}
	for _, id := range r.keywords {
		if k := s.db.named(s.db.keywords, id); k != nil {
			keywords = append(keywords, s.keywordJSON(*k))
		}
	}
	out["keywords"] = keywords
	out["steps"] = s.stepsJSON(r, true)
	out["source_url"], out["show_ingredient_overview"], out["file_path"] = nil, true, ""
	out["diameter"], out["diameter_text"], out["shared"], out["rating"] = 0, "", []any{}, s.rating(r.id)
	out["properties"] = s.propsJSON(r.props)
	out["food_properties"] = s.db.foodProperties(r)
	out["nutrition"] = nil
	if n := r.nutrition; n != nil {
		out["nutrition"] = map[string]any{"id": r.id, "carbohydrates": n.Carbs, "fats": n.Fat, "proteins": n.Protein, "calories": n.Kcal, "source": ""}
	}
	if r.amend != nil {
		r.amend(out)
	}
	return out
}

// stepsJSON renders steps; an embedded recipe's steps come along one level deep.
func (s *Server) stepsJSON(r *recipeRow, top bool) []any {
	steps := []any{}
	for n, st := range r.steps {
		lines := []any{}
		for m, in := range st.ingredients {
			line := map[string]any{
				"id": in.id, "food": nil, "unit": s.unitJSON(in.unit), "amount": round4(in.amount), "conversions": []any{},
				"note": orNil(in.note), "order": m, "is_header": in.header, "no_amount": in.noAmount,
				"original_text": orNil(in.original), "used_in_recipes": []any{}, "checked": false,
			}
			if f := s.db.food(in.food); f != nil {
				line["food"] = s.foodJSON(f, false)
			}
			lines = append(lines, line)
		}
		row := map[string]any{
			"id": st.id, "name": st.name, "instruction": st.instruction, "ingredients": lines,
			"instructions_markdown": "<p>" + st.instruction + "</p>", "time": st.minutes, "order": n,
			"show_as_header": false, "file": nil, "step_recipe": orNil(st.recipe),
			"show_ingredients_table": true,
		}
		if inner := s.db.recipes[st.recipe]; top && inner == nil {
			row["step_recipe_data"] = nil
		} else if top { // an embedded recipe's own steps have no such field
			row["step_recipe_data"] = map[string]any{"id": inner.id, "name": inner.name, "steps": s.stepsJSON(inner, false)}
		}
		steps = append(steps, row)
	}
	return steps
}

func (s *Server) recipeCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	for _, field := range []string{"name", "steps"} {
		if _, there := in[field]; !there {
			return required(field)
		}
	}
	row := &recipeRow{id: s.db.id("recipe"), created: s.opt.Now(), props: map[int]float64{}}
	if rep := s.recipeFields(row, in); rep != nil {
		return *rep
	}
	s.db.recipes[row.id] = row
	out := s.recipeJSON(row)
	out["food_properties"] = map[string]any{} // computed from the next GET on
	return created(out)
}

func (s *Server) recipePatch(r *http.Request) reply {
	row := s.db.recipes[pathID(r)]
	if row == nil {
		return noSuch("Recipe")
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if rep := s.recipeFields(row, in); rep != nil {
		return *rep
	}
	return ok(s.recipeJSON(row))
}

func (s *Server) recipeDelete(r *http.Request) reply {
	if s.db.recipes[pathID(r)] == nil {
		return noSuch("Recipe")
	}
	delete(s.db.recipes, pathID(r))
	for id, p := range s.db.plans { // planned meals go with it
		if p.recipe == pathID(r) {
			s.deletePlan(id)
		}
	}
	return noContent()
}

// recipeFields takes over the writable fields and moves updated_at.
func (s *Server) recipeFields(row *recipeRow, in map[string]any) *reply {
	if v, there := in["name"].(string); there {
		row.name = v
	}
	if v, there := in["description"].(string); there {
		row.description = v
	}
	if v, there := in["servings_text"].(string); there {
		row.servingsText = v
	}
	if v, there := in["internal"].(bool); there {
		row.internal = v
	}
	for field, dst := range map[string]*int{"servings": &row.servings, "working_time": &row.working, "waiting_time": &row.waiting} {
		if v, there := in[field].(float64); there {
			*dst = int(v)
		}
	}
	if list, there := in["keywords"].([]any); there {
		row.keywords = nil
		for _, k := range list {
			if name, _ := k.(map[string]any)["name"].(string); name != "" {
				row.keywords = append(row.keywords, s.db.ensureNamed(&s.db.keywords, "keyword", name))
			}
		}
	}
	if list, there := in["properties"].([]any); there {
		row.props = map[int]float64{}
		for _, p := range list {
			m, _ := p.(map[string]any)
			t, _ := m["property_type"].(map[string]any)
			name, _ := t["name"].(string)
			if i := find(s.db.types, name, typeName); i >= 0 {
				row.props[i+1], _ = m["property_amount"].(float64)
			}
		}
	}
	if n, there := in["nutrition"].(map[string]any); there {
		v := Values{}
		v.Kcal, _ = n["calories"].(float64)
		v.Protein, _ = n["proteins"].(float64)
		v.Fat, _ = n["fats"].(float64)
		v.Carbs, _ = n["carbohydrates"].(float64)
		row.nutrition = &v
	}
	if list, there := in["steps"].([]any); there {
		steps, rep := s.stepsInput(list)
		if rep != nil {
			return rep
		}
		row.steps = steps
	}
	row.updated = s.opt.Now()
	return nil
}

func (s *Server) stepsInput(list []any) ([]step, *reply) {
	steps := []step{}
	for _, raw := range list {
		m, _ := raw.(map[string]any)
		st := step{id: s.db.id("step")}
		st.name, _ = m["name"].(string)
		st.instruction, _ = m["instruction"].(string)
		if v, there := m["step_recipe"].(float64); there {
			st.recipe = int(v)
			if s.db.recipes[st.recipe] == nil {
				rep := invalid(map[string]any{"steps": []any{map[string]any{"step_recipe": []string{fmt.Sprintf("Invalid pk \"%d\" - object does not exist.", st.recipe)}}}})
				return nil, &rep
			}
		}
		if v, there := m["time"].(float64); there {
			st.minutes = int(v)
		}
		lines, _ := m["ingredients"].([]any)
		for _, rawLine := range lines {
			l, _ := rawLine.(map[string]any)
			line := ingredient{id: s.db.id("ingredient")}
			for _, field := range []string{"food", "unit", "amount"} {
				if _, there := l[field]; !there {
					rep := invalid(map[string]any{"steps": []any{map[string]any{"ingredients": []any{map[string]any{field: []string{"This field is required."}}}}}})
					return nil, &rep
				}
			}
			if f, there := l["food"].(map[string]any); there {
				name, _ := f["name"].(string)
				line.food = s.db.ensureFood(name)
			}
			if u, there := l["unit"].(map[string]any); there {
				name, _ := u["name"].(string)
				line.unit = s.db.ensureUnit(name, "")
			}
			line.amount, _ = l["amount"].(float64)
			line.note, _ = l["note"].(string)
			line.noAmount, _ = l["no_amount"].(bool)
			line.header, _ = l["is_header"].(bool)
			st.ingredients = append(st.ingredients, line)
		}
		steps = append(steps, st)
	}
	return steps, nil
}

// recipeShopping puts a recipe on the shopping list; every call adds another list.
func (s *Server) recipeShopping(r *http.Request) reply {
	row := s.db.recipes[pathID(r)]
	if row == nil {
		return noSuch("Recipe")
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if v, there := in["mealplan"]; there {
		if _, object := v.(map[string]any); !object && v != nil {
			return crash()
		}
	}
	servings, stated := in["servings"].(float64)
	if !stated {
		servings = float64(row.servings)
	}
	s.addRecipeShopping(row, servings, 0)
	return ok(map[string]any{"msg": row.name + " was added to the shopping list."})
}

func (s *Server) addRecipeShopping(row *recipeRow, servings float64, plan int) {
	list := &listRecipe{id: s.db.id("list"), recipe: row.id, plan: plan, servings: servings}
	s.db.lists[list.id] = list
	for _, st := range row.steps {
		for _, in := range st.ingredients {
			f := s.db.food(in.food)
			if f == nil || f.ignore || f.onHand {
				continue
			}
			e := &entry{id: s.db.id("entry"), food: in.food, unit: in.unit, list: list.id, made: s.opt.Now()}
			e.each = in.amount / float64(max(1, row.servings))
			e.amount = e.each * servings
			s.db.shopping[e.id] = e
		}
	}
}
