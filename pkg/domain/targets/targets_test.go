package targets_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

func ExampleBody_Target() {
	b := targets.Body{WeightKG: 80, HeightCM: 180, Age: 40, Sex: targets.Male, Activity: targets.Moderate, Goal: targets.Maintain}
	fmt.Println(b.Target())
	// Output: 201 P / 89 F / 268 C (2677 kcal) <nil>
}

func TestModesKeepTheEnergy(t *testing.T) {
	t.Parallel()
	for _, base := range []nutrition.Macros{targets.Fallback, {Protein: 1800000, Fat: 600000, Carbs: 2000000}} {
		for _, m := range []targets.Mode{"", targets.HighProtein, targets.LowCarb, targets.Balanced} {
			got, err := m.Apply(base)
			if err != nil {
				t.Fatal(err)
			}
			if diff := math.Abs(got.Energy().Kcal() - base.Energy().Kcal()); diff > 0.01 {
				t.Errorf("%q moves %s by %g kcal to %s", m, base, diff, got)
			}
		}
	}
	if got, _ := targets.HighProtein.Apply(targets.Fallback); got.Protein != 168*nutrition.Gram+7500 {
		t.Errorf("high protein gives %s", got)
	}
	if got, _ := targets.LowCarb.Apply(targets.Fallback); got.Carbs != 140*nutrition.Gram {
		t.Errorf("low carb gives %s", got)
	}
	if _, err := targets.Mode("keto").Apply(targets.Fallback); err == nil {
		t.Error("an unknown mode was accepted")
	}
}

func TestBodyNamesTheField(t *testing.T) {
	t.Parallel()
	ok := targets.Body{WeightKG: 60, HeightCM: 165, Age: 30, Sex: targets.Female, Activity: targets.Light, Goal: targets.Lose}
	if err := ok.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*targets.Body){
		"weight_kg: NaN is not between 30 and 300":                         func(b *targets.Body) { b.WeightKG = math.NaN() },
		"height_cm: 0 is not between 100 and 250":                          func(b *targets.Body) { b.HeightCM = 0 },
		"age: 17 is not between 18 and 120 (set grams for anyone younger)": func(b *targets.Body) { b.Age = 17 },
		`activity: "lazy" is not sedentary, light, moderate or active`:     func(b *targets.Body) { b.Activity = "lazy" },
		`goal: "" is not lose, maintain or gain`:                           func(b *targets.Body) { b.Goal = "" },
		`sex: "" is neither female nor male`:                               func(b *targets.Body) { b.Sex = "" },
	} {
		b := ok
		change(&b)
		if _, err := b.Target(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	low := targets.Split(700*nutrition.Kilocalorie, 30, 30)
	if _, err := targets.Check(low, 0, false); err == nil {
		t.Error("700 kcal was not refused")
	}
	if w, err := targets.Check(low, 0, true); err != nil || len(w) != 1 {
		t.Errorf("supervised 700 kcal: %v, %v", w, err)
	}
	if w, err := targets.Check(targets.Split(2000*nutrition.Kilocalorie, 50, 10), 60, false); err != nil || len(w) != 2 {
		t.Errorf("50/10/40 for 60 kg: %v, %v", w, err)
	}
	if w, err := targets.Check(targets.Fallback, 80, false); err != nil || w != nil {
		t.Errorf("the default target warns: %v, %v", w, err)
	}
}

// Too little protein is measured by the weight where that is known, else by the energy.
func TestCheckOfLittleProtein(t *testing.T) {
	t.Parallel()
	grams := func(protein nutrition.Mass) nutrition.Macros {
		return nutrition.Macros{Protein: protein * nutrition.Gram, Fat: 70 * nutrition.Gram, Carbs: 300 * nutrition.Gram}
	}
	for _, c := range []struct {
		protein nutrition.Mass
		weight  float64
		want    string
	}{
		{41, 70, "41 g of protein is below 0.6 g per kg of body weight"},
		{42, 70, ""},
		{30, 50, ""}, // 6 % of the energy, but enough for the body
		{39, 0, "protein gives only 8 % of the energy (below 8 %)"},
		{10, 0, "protein gives only 2 % of the energy (below 8 %)"},
		{40, 0, ""},
	} {
		warnings, err := targets.Check(grams(c.protein), c.weight, false)
		got := message.Joined(warnings...).String()
		if err != nil || got != c.want {
			t.Errorf("%d g for %g kg: %q, %v, want %q", c.protein, c.weight, got, err, c.want)
		}
	}
}
