package conformance

import (
	"context"
	"fmt"
	"math"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// reads is a case in which a recipe's protein, fat and carbohydrate must come out as given, in
// grams per serving.
func reads(caseName, name string, source recipe.NutritionSource, macros [3]float64, problem tandoor.ProblemKind, options func(*tandoortest.Options)) Case {
	return Case{Name: caseName, Options: options, Check: func(ctx context.Context, e *Env) error {
		r, problems, err := e.Recipe(ctx, name)
		if err != nil {
			return err
		}
		m, protein, fat, carbs := r.PerServing, macros[0], macros[1], macros[2]
		if r.Nutrition != source || math.Abs(m.Protein.Grams()-protein) > 0.01 || math.Abs(m.Fat.Grams()-fat) > 0.01 || math.Abs(m.Carbs.Grams()-carbs) > 0.01 {
			return fmt.Errorf("%s: %s %v; want %s %v P / %v F / %v C", name, r.Nutrition, m, source, protein, fat, carbs)
		}
		if problem != "" && !has(problems, problem) {
			return fmt.Errorf("%s: problems = %v; want %s", name, problems, problem)
		}
		return nil
	}}
}

// refuses is a case in which a changed detail must be refused, naming recipe and field.
func refuses(name, field string, change func(map[string]any)) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		id := e.Server.RecipeID("Overnight oats")
		if err := e.Server.Amend(id, change); err != nil {
			return err
		}
		c := e.Client()
		_, problems, err := c.Recipe(ctx, recipe.ID(id))
		if err := wantKind(err, fault.TandoorError, "Overnight oats"); err != nil {
			return err
		}
		if err := wantText(err, field); err != nil {
			return err
		}
		if !has(problems, tandoor.BadValue) || !problems[0].Refused {
			return fmt.Errorf("problems = %v; want bad_value, refused", problems)
		}
		res, err := c.Sync(ctx, tandoor.Ask{Since: e.Clock})
		if err != nil || len(res.Changed) != 11 || !has(res.Problems, tandoor.BadValue) {
			return fmt.Errorf("sync = %d changed, %v; want the other 11", len(res.Changed), err)
		}
		return nil
	}}
}

// standIn marks a case whose recipe cannot be made by Tandoor's own means.
func standIn(c Case) Case {
	c.StandIn = true
	return c
}

func property(d map[string]any, i int) map[string]any {
	return d["properties"].([]any)[i].(map[string]any)
}

func nutritionCases() []Case {
	german := func(o *tandoortest.Options) {
		o.PropertyTypes = []tandoortest.PropertyType{
			{Name: "Brennwert", Unit: "kJ", Of: "kcal"},
			{Name: "Eiweiß", Unit: "g", Of: "protein"},
			{Name: "Fett (g)", Unit: "g", Of: "fat"},
			{Name: "Kohlenhydrate", Unit: "g", Of: "carbs"},
			{Name: "davon Zucker", Unit: "g"},
		}
	}
	ids := func(o *tandoortest.Options) {
		o.PropertyTypes = []tandoortest.PropertyType{
			{Name: "Fat", Unit: "g"}, // a name that would match, on a property nobody fills
			{Name: "A", Unit: "kcal", FDC: 1008, Of: "kcal"},
			{Name: "B", Unit: "g", FDC: 1003, Of: "protein"},
			{Name: "C", Unit: "g", Slug: "property-fats", Of: "fat"},
			{Name: "D", Unit: "g", FDC: 1005, Of: "carbs"},
		}
	}
	badUnit := func(o *tandoortest.Options) {
		o.PropertyTypes = tandoortest.DefaultPropertyTypes()
		o.PropertyTypes[2].Unit = "oz"
	}
	cases := []Case{
		reads("typed-in properties are per serving", "Overnight oats", recipe.Stated, [3]float64{18.5, 12, 58}, "", nil),
		reads("food properties are per recipe", "Chicken and rice", recipe.Computed, [3]float64{38.7, 7.725, 59.475}, "", nil),
		reads("food properties use unit conversions", "Scrambled eggs", recipe.Computed, [3]float64{23.48, 20.91, 1.73}, "", nil),
		reads("no amount does not make a value missing", "Porridge with banana", recipe.Computed, [3]float64{15.161, 10.875, 63.96}, "", nil),
		standIn(reads("legacy block is per serving and last", "Salmon bowl", recipe.Legacy, [3]float64{34, 22, 55}, "", nil)),
		standIn(reads("zero with missing_value is not zero", "Family stew", recipe.Unknown, [3]float64{0, 0, 0}, tandoor.NoNutrition, nil)),
		standIn(reads("missing_value with a total is a lower bound", "Spiced lentils", recipe.Unknown, [3]float64{0, 0, 0}, tandoor.PartialNutrition, nil)),
		reads("servings 0 divides nothing", "Party punch", recipe.Unknown, [3]float64{0, 0, 0}, tandoor.NoServings, nil),
		reads("property types by name in German", "Overnight oats", recipe.Stated, [3]float64{18.5, 12, 58}, "", german),
		reads("property types by id and slug before name", "Chicken and rice", recipe.Computed, [3]float64{38.7, 7.725, 59.475}, "", ids),
		reads("unit that is not grams is refused loudly", "Overnight oats", recipe.Unknown, [3]float64{0, 0, 0}, tandoor.BadUnit, badUnit),
		refuses("negative value names recipe and field", "properties[Proteins]", func(d map[string]any) { property(d, 2)["property_amount"] = -3.0 }),
		refuses("NaN names recipe and field", "properties[Fat]", func(d map[string]any) { property(d, 0)["property_amount"] = "NaN" }),
		refuses("absurd value names recipe and field", "properties[Carbohydrates]", func(d map[string]any) { property(d, 1)["property_amount"] = 58_000.0 }),
		refuses("negative servings", "servings", func(d map[string]any) { d["servings"] = -2 }),
		refuses("negative amount", "steps[0].ingredients[0].amount", func(d map[string]any) {
			d["steps"].([]any)[0].(map[string]any)["ingredients"].([]any)[0].(map[string]any)["amount"] = -100.0
		}),
		refuses("more than anyone can buy", "steps[0].ingredients[0].amount", func(d map[string]any) {
			d["steps"].([]any)[0].(map[string]any)["ingredients"].([]any)[0].(map[string]any)["amount"] = 100_001.0 // grams
		}),
	}
	amended := func(name, recipeName string, source recipe.NutritionSource, change func(map[string]any)) Case {
		return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
			id := e.Server.RecipeID(recipeName)
			if err := e.Server.Amend(id, change); err != nil {
				return err
			}
			r, problems, err := e.Client().Recipe(ctx, recipe.ID(id))
			if err != nil || r.Nutrition != source {
				return fmt.Errorf("nutrition = %s, %v, problems %v; want %s", r.Nutrition, err, problems, source)
			}
			return nil
		}}
	}
	return append(cases,
		amended("energy follows from the macros", "Dal", recipe.Stated, func(d map[string]any) {
			d["properties"] = d["properties"].([]any)[:3]
		}),
		amended("two of three macros are not enough", "Dal", recipe.Computed, func(d map[string]any) {
			d["properties"] = append(d["properties"].([]any)[:2:2], property(d, 3))
		}),
		Case{Name: "energy that the macros do not have is told", Check: func(ctx context.Context, e *Env) error {
			id := e.Server.RecipeID("Dal")
			if err := e.Server.Amend(id, func(d map[string]any) { property(d, 3)["property_amount"] = 2000.0 }); err != nil {
				return err
			}
			r, problems, err := e.Client().Recipe(ctx, recipe.ID(id))
			if err != nil || r.Nutrition != recipe.Stated || !has(problems, tandoor.EnergyDiffers) {
				return fmt.Errorf("nutrition = %s, %v, problems %v; want stated and energy_differs", r.Nutrition, err, problems)
			}
			return nil
		}},
		amended("a property without a value is not stated", "Dal", recipe.Computed, func(d map[string]any) { property(d, 1)["property_amount"] = nil }),
		amended("an unfilled form of zeros is not stated", "Dal", recipe.Computed, func(d map[string]any) {
			for i := range 4 {
				property(d, i)["property_amount"] = 0.0
			}
		}),
		amended("a line without a unit makes the sum a lower bound", "Chicken in tomato sauce", recipe.Unknown, func(d map[string]any) {
			d["properties"] = []any{}
			d["steps"] = d["steps"].([]any)[1:] // leaves the two bananas without a unit, embeds nothing
		}),
		amended("embedded recipes are not in Tandoor's sum", "Chicken and rice", recipe.Unknown, func(d map[string]any) {
			d["steps"].([]any)[0].(map[string]any)["step_recipe"] = 4
		}),
		amended("freshly made recipe has no computed values yet", "Chicken and rice", recipe.Unknown, func(d map[string]any) {
			d["food_properties"] = map[string]any{}
		}),
		amended("kilojoules count as energy", "Dal", recipe.Stated, func(d map[string]any) {
			p := property(d, 3)
			p["property_amount"] = 20_000.0 // 4,780 kcal; as kcal it would be refused
			p["property_type"].(map[string]any)["unit"] = "kJ"
		}),
	)
}
