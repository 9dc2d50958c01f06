// Package targets decides what a user should eat a day: grams the user sets, else
// grams computed from the body, else a stated default. It gives no medical advice.
package targets

import (
	"math"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// Source says where a target comes from; mails and pages show it.
type Source string

// The sources, in the order in which they win.
const (
	Set      Source = "set"      // grams typed by the user
	Computed Source = "computed" // from the body, by [Body.Target]
	Default  Source = "default"  // [Fallback]
)

// Fallback is used until a user sets or confirms a target: 2,000 kcal.
var Fallback = nutrition.Macros{Protein: 150 * nutrition.Gram, Fat: 67 * nutrition.Gram, Carbs: 200 * nutrition.Gram}

// Mode bends a week's target.
type Mode string

// The modes; "" leaves the target as it is.
const (
	HighProtein Mode = "high_protein" // protein x 1.125, fat and carbs scaled to keep the energy
	LowCarb     Mode = "low_carb"     // carbs x 0.7, the energy goes to fat
	Balanced    Mode = "balanced"     // 30 % protein, 30 % fat, 40 % carbs of the same energy
)

// Apply bends the target, keeping its energy to within a gram's rounding.
func (m Mode) Apply(t nutrition.Macros) (nutrition.Macros, error) {
	switch m {
	case "":
		return t, nil
	case HighProtein:
		protein := t.Protein * 9 / 8
		rest := t.Energy() - nutrition.Energy(4*t.Protein)
		left := t.Energy() - nutrition.Energy(4*protein)
		if left < 0 {
			return t, message.Errorf("high protein: the target %s has no room for more protein", t)
		}
		if rest == 0 {
			return nutrition.Macros{Protein: protein}, nil
		}
		f := float64(left) / float64(rest)
		return nutrition.Macros{Protein: protein, Fat: times(t.Fat, f), Carbs: times(t.Carbs, f)}, nil
	case LowCarb:
		carbs := t.Carbs * 7 / 10
		return nutrition.Macros{Protein: t.Protein, Fat: t.Fat + (t.Carbs-carbs)*4/9, Carbs: carbs}, nil
	case Balanced:
		return Split(t.Energy(), 30, 30), nil
	default:
		return t, message.Errorf("unknown mode %q: want high_protein, low_carb or balanced", string(m))
	}
}

// Split shares an energy out: the given percentages to protein and fat, the rest to
// carbohydrate.
func Split(e nutrition.Energy, proteinPct, fatPct int64) nutrition.Macros {
	per := func(pct, kcalPerGram int64) nutrition.Mass {
		return nutrition.Mass((int64(e)*pct/100 + kcalPerGram/2) / kcalPerGram)
	}
	return nutrition.Macros{Protein: per(proteinPct, 4), Fat: per(fatPct, 9), Carbs: per(100-proteinPct-fatPct, 4)}
}

func times(m nutrition.Mass, f float64) nutrition.Mass {
	return nutrition.Mass(math.Round(float64(m) * f))
}

// Sex selects the constant of the Mifflin-St Jeor equation.
type Sex string

// Activity selects the factor between resting and total energy.
type Activity string

// Goal moves the total energy.
type Goal string

// The values of the questionnaire.
const (
	Female Sex = "female"
	Male   Sex = "male"

	Sedentary Activity = "sedentary" // x 1.2
	Light     Activity = "light"     // x 1.375
	Moderate  Activity = "moderate"  // x 1.55
	Active    Activity = "active"    // x 1.725

	Lose     Goal = "lose"     // -15 %
	Maintain Goal = "maintain" // +-0
	Gain     Goal = "gain"     // +10 %
)

var (
	activityFactor = map[Activity]float64{Sedentary: 1.2, Light: 1.375, Moderate: 1.55, Active: 1.725}
	goalFactor     = map[Goal]float64{Lose: 0.85, Maintain: 1, Gain: 1.10}
)

// Body is what the computation needs. Weight may come from FatSecret (at most 24 h
// old) or from the user.
type Body struct {
	WeightKG float64  `json:"weight_kg"` // 30 to 300
	HeightCM float64  `json:"height_cm"` // 100 to 250
	Age      int      `json:"age"`       // 18 to 120: nothing is computed for children
	Sex      Sex      `json:"sex"`
	Activity Activity `json:"activity"`
	Goal     Goal     `json:"goal"`
}

// Validate names the first field that is missing or out of range.
func (b Body) Validate() error {
	switch {
	case !(b.WeightKG >= 30 && b.WeightKG <= 300):
		return message.Errorf("weight_kg: %g is not between 30 and 300", b.WeightKG)
	case !(b.HeightCM >= 100 && b.HeightCM <= 250):
		return message.Errorf("height_cm: %g is not between 100 and 250", b.HeightCM)
	case b.Age < 18 || b.Age > 120:
		return message.Errorf("age: %d is not between 18 and 120 (set grams for anyone younger)", b.Age)
	case b.Sex != Female && b.Sex != Male:
		return message.Errorf("sex: %q is neither female nor male", string(b.Sex))
	case activityFactor[b.Activity] == 0:
		return message.Errorf("activity: %q is not sedentary, light, moderate or active", string(b.Activity))
	case goalFactor[b.Goal] == 0:
		return message.Errorf("goal: %q is not lose, maintain or gain", string(b.Goal))
	}
	return nil
}

// Working is how a target follows from a body: kcal a day.
type Working struct {
	Resting  float64 // by Mifflin and St Jeor (1990)
	Activity float64 // the factor of the activity
	Goal     float64 // the factor of the goal
	Kcal     float64 // the product, whole
	Target   nutrition.Macros
}

// Work computes a day's macros: resting energy by Mifflin and St Jeor (1990), 10 x kg
// + 6.25 x cm - 5 x years + 5 (men) or - 161 (women), times the activity and the goal;
// 30 % of it as protein, 30 % as fat. Grams are whole.
func (b Body) Work() (Working, error) {
	if err := b.Validate(); err != nil {
		return Working{}, err
	}
	w := Working{Resting: 10*b.WeightKG + 6.25*b.HeightCM - 5*float64(b.Age), Activity: activityFactor[b.Activity], Goal: goalFactor[b.Goal]}
	if b.Sex == Male {
		w.Resting += 5
	} else {
		w.Resting -= 161
	}
	w.Kcal = math.Round(w.Resting * w.Activity * w.Goal)
	m := Split(nutrition.Energy(w.Kcal)*nutrition.Kilocalorie, 30, 30)
	whole := func(x nutrition.Mass) nutrition.Mass { return (x + nutrition.Gram/2) / nutrition.Gram * nutrition.Gram }
	w.Target = nutrition.Macros{Protein: whole(m.Protein), Fat: whole(m.Fat), Carbs: whole(m.Carbs)}
	return w, nil
}

// Target is the target of [Body.Work].
func (b Body) Target() (nutrition.Macros, error) {
	w, err := b.Work()
	return w.Target, err
}

// Check applies the safety limits. refuse is an error for a target nobody should be
// planned for without a doctor; warnings are for the user to read.
func Check(t nutrition.Macros, weightKG float64, supervised bool) (warnings []message.Text, refuse error) {
	if t.Protein <= 0 || t.Fat <= 0 || t.Carbs <= 0 {
		return nil, message.Errorf("target: every macro must be above 0 g, got %s", t)
	}
	kcal := t.Energy().Kcal()
	switch {
	case kcal < 800 && !supervised:
		return nil, message.Errorf("target: %.0f kcal a day is below 800: nobody is planned for with so little, unless whoever runs this service notes that a doctor supervises it (user set --supervised)", kcal)
	case kcal < 1200:
		warnings = append(warnings, message.Textf("%.0f kcal a day is below 1,200", kcal))
	case kcal > 5000:
		warnings = append(warnings, message.Textf("%.0f kcal a day is above 5,000", kcal))
	}
	if share := 9 * t.Fat.Grams() / kcal; share < 0.15 {
		warnings = append(warnings, message.Textf("fat gives only %.0f %% of the energy (below 15 %%)", 100*share))
	}
	if weightKG > 0 && t.Protein.Grams() > 3.5*weightKG {
		warnings = append(warnings, message.Textf("%.0f g of protein is above 3.5 g per kg of body weight", t.Protein.Grams()))
	}
	share := 4 * t.Protein.Grams() / kcal
	switch {
	case weightKG > 0 && t.Protein.Grams() < 0.6*weightKG:
		warnings = append(warnings, message.Textf("%.0f g of protein is below 0.6 g per kg of body weight", t.Protein.Grams()))
	case weightKG <= 0 && share < 0.08:
		warnings = append(warnings, message.Textf("protein gives only %.0f %% of the energy (below 8 %%)", 100*share))
	}
	return warnings, nil
}
