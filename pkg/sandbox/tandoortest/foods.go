package tandoortest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func orNil[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func (s *Server) unitJSON(id int) any {
	u := s.db.unit(id)
	if u == nil {
		return nil
	}
	return map[string]any{"id": u.id, "name": u.name, "plural_name": orNil(u.plural), "description": nil, "base_unit": orNil(u.base), "open_data_slug": nil}
}

func categoryJSON(c named) map[string]any {
	return map[string]any{"id": c.id, "name": c.name, "description": nil, "open_data_slug": nil}
}

func (s *Server) keywordJSON(k named) map[string]any {
	children, full := 0, k.name
	for _, o := range s.db.keywords {
		if o.parent == k.id {
			children++
		}
	}
	if p := s.db.named(s.db.keywords, k.parent); p != nil {
		full = p.name + " > " + full
	}
	return map[string]any{
		"id": k.id, "name": k.name, "label": k.name, "description": "", "parent": orNil(k.parent), "numchild": children,
		"created_at": s.stamp(s.opt.Now()), "updated_at": s.stamp(s.opt.Now()), "full_name": full,
	}
}

func (s *Server) typeJSON(id int) any {
	t := s.db.types[id-1]
	return map[string]any{
		"id": id, "name": t.Name, "unit": orNil(t.Unit), "description": nil, "order": id - 1,
		"open_data_slug": orNil(t.Slug), "fdc_id": orNil(t.FDC),
	}
}

func (s *Server) propsJSON(props map[int]float64) []any {
	out := []any{}
	for _, id := range slices.Sorted(maps.Keys(props)) {
		out = append(out, map[string]any{"id": id, "property_amount": round4(props[id]), "property_type": s.typeJSON(id)})
	}
	return out
}

// foodJSON renders a food; listed adds what only /api/food/ shows.
func (s *Server) foodJSON(f *food, listed bool) map[string]any {
	children := 0
	for _, o := range s.db.foods {
		if o.parent == f.id {
			children++
		}
	}
	out := map[string]any{
		"id": f.id, "name": f.name, "plural_name": orNil(f.plural), "description": "", "recipe": nil, "url": nil,
		"properties": s.propsJSON(f.props), "properties_food_amount": f.propsAmount, "properties_food_unit": s.unitJSON(f.propsUnit),
		"fdc_id": orNil(f.fdc), "food_onhand": f.onHand, "supermarket_category": nil, "parent": orNil(f.parent),
		"numchild": children, "inherit_fields": []any{}, "full_name": f.name, "ignore_shopping": f.ignore,
		"substitute": []any{}, "substitute_siblings": false, "substitute_children": false, "substitute_onhand": false,
		"child_inherit_fields": []any{}, "open_data_slug": orNil(f.slug), "shopping_lists": []any{},
	}
	if c := s.db.named(s.db.categories, f.category); c != nil {
		out["supermarket_category"] = categoryJSON(*c)
	}
	if r := s.db.recipes[f.recipe]; r != nil {
		out["recipe"] = map[string]any{"id": r.id, "name": r.name, "url": "/recipe/" + strconv.Itoa(r.id)}
	}
	if listed {
		out["shopping"] = "False"
	}
	return out
}

func (s *Server) foodGet(r *http.Request) reply {
	f := s.db.food(pathID(r))
	if f == nil {
		return noSuch("Food")
	}
	return ok(s.foodJSON(f, true))
}

// foodCreate makes a food. One whose name exists is returned as it was: nothing of the
// request is taken over.
func (s *Server) foodCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	name, _ := in["name"].(string)
	if strings.TrimSpace(name) == "" {
		return required("name")
	}
	if i := find(s.db.foods, name, foodName); i >= 0 {
		return created(s.foodJSON(&s.db.foods[i], false))
	}
	f := s.db.food(s.db.ensureFood(name))
	if rep := s.foodFields(f, in); rep != nil {
		return *rep
	}
	return created(s.foodJSON(f, false))
}

func (s *Server) foodPatch(r *http.Request) reply {
	f := s.db.food(pathID(r))
	if f == nil {
		return noSuch("Food")
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if rep := s.foodFields(f, in); rep != nil {
		return *rep
	}
	return ok(s.foodJSON(f, true))
}

// foodFields takes over the writable fields. It touches no recipe's updated_at.
func (s *Server) foodFields(f *food, in map[string]any) *reply {
	failed := crash()
	if v, there := in["supermarket_category"]; there {
		switch v := v.(type) {
		case nil:
			f.category = 0
		case map[string]any:
			name, _ := v["name"].(string)
			f.category = s.db.ensureNamed(&s.db.categories, "category", name)
		default:
			return &failed
		}
	}
	if v, there := in["properties_food_amount"].(float64); there {
		f.propsAmount = v
	}
	if v, there := in["properties_food_unit"].(map[string]any); there {
		name, _ := v["name"].(string)
		f.propsUnit = s.db.ensureUnit(name, "")
	}
	if v, there := in["ignore_shopping"].(bool); there {
		f.ignore = v
	}
	if v, there := in["food_onhand"].(bool); there {
		f.onHand = v
	}
	if v, there := in["plural_name"].(string); there {
		f.plural = v
	}
	if v, there := in["recipe"]; there {
		ref, _ := v.(map[string]any)
		id, _ := ref["id"].(float64)
		if f.recipe = int(id); v != nil && s.db.recipes[f.recipe] == nil {
			return &failed
		}
	}
	list, there := in["properties"].([]any)
	if !there {
		return nil
	}
	props := map[int]float64{}
	for _, p := range list {
		m, _ := p.(map[string]any)
		t, _ := m["property_type"].(map[string]any)
		id, hasID := t["id"].(float64)
		if !hasID || int(id) < 1 || int(id) > len(s.db.types) {
			return &failed
		}
		if v, stated := m["property_amount"].(float64); stated {
			props[int(id)] = v
		}
	}
	f.props = props
	return nil
}

var _ http.Handler = (*Server)(nil)
