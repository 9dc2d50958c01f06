package realtandoor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// copier copies what a stand-in shows into the active space.
type copier struct {
	*Server
	from  *tandoortest.Server
	types map[string]int // property types here, by name
}

// load fills the active space with what a stand-in with the library shows. Base units and
// property types come first: Tandoor keeps both in memory once a recipe was shown.
func (s *Server) load(ctx context.Context, sp *space, l tandoortest.Library, types []tandoortest.PropertyType) error {
	from, err := tandoortest.New(tandoortest.Options{Library: l, PropertyTypes: types})
	if err != nil {
		return err
	}
	c := &copier{Server: s, from: from, types: map[string]int{}}
	for _, step := range []func() error{
		func() error { return c.propertyTypes(ctx) },
		func() error { return c.units(ctx) },
		func() error {
			return c.tree(ctx, "/api/keyword/", nil, func(row map[string]any) map[string]any { return pickOf(row, "name") })
		},
		func() error { return c.aisles(ctx) },
		func() error { return c.tree(ctx, "/api/food/", sp.foods, c.food) },
		func() error { return c.conversions(ctx) },
		func() error { return c.recipesOf(ctx, sp.recipes) },
		func() error { return c.foodsThatAreRecipes(ctx, sp.foods, sp.recipes) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// shown asks the stand-in.
func (c *copier) shown(ctx context.Context, path string) (map[string]any, error) {
	return ask(ctx, http.MethodGet, path, nil, func(req *http.Request) (*http.Response, error) {
		req.Host = "stand.in"
		req.Header.Set("Authorization", "Bearer "+tandoortest.DefaultToken)
		rec := httptest.NewRecorder()
		c.from.ServeHTTP(rec, req)
		return rec.Result(), nil
	})
}

// each calls do with every row of a list of the stand-in's.
func (c *copier) each(ctx context.Context, path string, do func(row map[string]any) error) error {
	for page := 1; ; page++ {
		body, err := c.shown(ctx, fmt.Sprintf("%s?page=%d", path, page))
		if err != nil {
			return err
		}
		for _, row := range body["results"].([]any) {
			if err := do(row.(map[string]any)); err != nil {
				return err
			}
		}
		if body["next"] == nil {
			return nil
		}
	}
}

// pickOf returns some members of a row.
func pickOf(row map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		out[k] = row[k]
	}
	return out
}

// named refers to a row by its name.
func named(row any) any {
	m, ok := row.(map[string]any)
	if !ok {
		return nil
	}
	return map[string]any{"name": m["name"]}
}

func (c *copier) propertyTypes(ctx context.Context) error {
	return c.each(ctx, "/api/property-type/", func(row map[string]any) error {
		made, err := c.Do(ctx, http.MethodPost, "/api/property-type/", pickOf(row, "name", "unit", "order", "fdc_id", "open_data_slug"))
		c.types[row["name"].(string)] = id(made)
		return err
	})
}

// units sets the plural afterwards: a new unit gets its name as plural.
func (c *copier) units(ctx context.Context) error {
	return c.each(ctx, "/api/unit/", func(row map[string]any) error {
		made, err := c.Do(ctx, http.MethodPost, "/api/unit/", pickOf(row, "name", "base_unit"))
		if err == nil && row["plural_name"] != nil {
			_, err = c.Do(ctx, http.MethodPatch, fmt.Sprintf("/api/unit/%d/", id(made)), pickOf(row, "name", "plural_name"))
		}
		return err
	})
}

// tree copies rows that may have a parent of their own kind, and notes their ids by name.
func (c *copier) tree(ctx context.Context, path string, ids map[string]int, body func(map[string]any) map[string]any) error {
	made, parents := map[any]int{}, map[int]any{}
	err := c.each(ctx, path, func(row map[string]any) error {
		out, err := c.Do(ctx, http.MethodPost, path, body(row))
		made[row["id"]] = id(out)
		if ids != nil {
			ids[row["name"].(string)] = id(out)
		}
		if row["parent"] != nil {
			parents[id(out)] = row["parent"]
		}
		return err
	})
	for child, parent := range parents {
		if err == nil {
			_, err = c.Do(ctx, http.MethodPut, fmt.Sprintf("%s%d/move/%d/", path, child, made[parent]), nil)
		}
	}
	return err
}

func (c *copier) aisles(ctx context.Context) error {
	return c.each(ctx, "/api/supermarket/", func(row map[string]any) error {
		market, err := c.Do(ctx, http.MethodPost, "/api/supermarket/", map[string]any{"name": row["name"], "category_to_supermarket": []any{}})
		if err != nil {
			return err
		}
		for _, r := range row["category_to_supermarket"].([]any) {
			aisle := r.(map[string]any)
			category, err := c.Do(ctx, http.MethodPost, "/api/supermarket-category/", named(aisle["category"]))
			if err != nil {
				return err
			}
			if _, err := c.Do(ctx, http.MethodPost, "/api/supermarket-category-relation/", map[string]any{
				"category": pickOf(category, "id", "name"), "supermarket": id(market), "order": aisle["order"],
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *copier) properties(rows any) []any {
	out := []any{}
	list, _ := rows.([]any)
	for _, r := range list {
		p := r.(map[string]any)
		name := p["property_type"].(map[string]any)["name"].(string)
		out = append(out, map[string]any{"property_amount": p["property_amount"], "property_type": map[string]any{"id": c.types[name], "name": name}})
	}
	return out
}

func (c *copier) food(row map[string]any) map[string]any {
	out := pickOf(row, "name", "plural_name", "fdc_id", "open_data_slug", "ignore_shopping", "food_onhand", "properties_food_amount")
	out["supermarket_category"], out["properties_food_unit"], out["properties"] = named(row["supermarket_category"]), named(row["properties_food_unit"]), c.properties(row["properties"])
	return out
}

func (c *copier) conversions(ctx context.Context) error {
	return c.each(ctx, "/api/unit-conversion/", func(row map[string]any) error {
		body := pickOf(row, "base_amount", "converted_amount")
		body["base_unit"], body["converted_unit"], body["food"] = named(row["base_unit"]), named(row["converted_unit"]), named(row["food"])
		_, err := c.Do(ctx, http.MethodPost, "/api/unit-conversion/", body)
		return err
	})
}

// recipesOf copies the recipes, those that are embedded before those that embed them. One
// that embeds itself gets that step afterwards.
func (c *copier) recipesOf(ctx context.Context, ids map[string]int) error {
	var todo []map[string]any
	names := map[any]string{}
	if err := c.each(ctx, "/api/recipe/", func(row map[string]any) error {
		detail, err := c.shown(ctx, fmt.Sprintf("/api/recipe/%d/", id(row)))
		todo, names[row["id"]] = append(todo, detail), row["name"].(string)
		return err
	}); err != nil {
		return err
	}
	for len(todo) > 0 {
		var later []map[string]any
		for _, detail := range todo {
			ready, self := true, false
			for _, st := range detail["steps"].([]any) {
				switch inner := names[st.(map[string]any)["step_recipe"]]; {
				case inner == "" || ids[inner] != 0:
				case inner == detail["name"]:
					self = true
				default:
					ready = false
				}
			}
			if !ready {
				later = append(later, detail)
				continue
			}
			made, err := c.Do(ctx, http.MethodPost, "/api/recipe/", c.recipe(detail, ids, names))
			if err != nil {
				return err
			}
			ids[detail["name"].(string)] = id(made)
			if self {
				if _, err := c.Do(ctx, http.MethodPatch, fmt.Sprintf("/api/recipe/%d/", id(made)), map[string]any{"steps": c.recipe(detail, ids, names)["steps"]}); err != nil {
					return err
				}
			}
		}
		if len(later) == len(todo) {
			return errors.New("recipes embed each other in a circle")
		}
		todo = later
	}
	return nil
}

func (c *copier) recipe(detail map[string]any, ids map[string]int, names map[any]string) map[string]any {
	out := pickOf(detail, "name", "description", "servings", "servings_text", "working_time", "waiting_time", "internal", "nutrition")
	out["properties"] = c.properties(detail["properties"])
	keywords := []any{}
	for _, k := range detail["keywords"].([]any) {
		keywords = append(keywords, named(k))
	}
	out["keywords"] = keywords
	steps := []any{}
	for _, s := range detail["steps"].([]any) {
		st := s.(map[string]any)
		row := pickOf(st, "name", "instruction", "time", "order", "show_as_header")
		if inner := ids[names[st["step_recipe"]]]; inner != 0 {
			row["step_recipe"] = inner
		}
		lines := []any{}
		for _, l := range st["ingredients"].([]any) {
			line := l.(map[string]any)
			in := pickOf(line, "amount", "note", "order", "is_header", "no_amount", "original_text")
			in["food"], in["unit"] = named(line["food"]), named(line["unit"])
			lines = append(lines, in)
		}
		row["ingredients"] = lines
		steps = append(steps, row)
	}
	out["steps"] = steps
	return out
}

func (c *copier) foodsThatAreRecipes(ctx context.Context, foods, recipes map[string]int) error {
	return c.each(ctx, "/api/food/", func(row map[string]any) error {
		of, is := row["recipe"].(map[string]any)
		if !is {
			return nil
		}
		name := of["name"].(string)
		_, err := c.Do(ctx, http.MethodPatch, fmt.Sprintf("/api/food/%d/", foods[row["name"].(string)]), map[string]any{"recipe": map[string]any{"id": recipes[name], "name": name}})
		return err
	})
}
