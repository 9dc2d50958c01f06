package insight

import (
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Below these energies a day is too small for most adults who are not under a doctor's
// supervision: 1,200 kcal for women and where the sex is unknown, 1,500 kcal for men.
const (
	floor    = 1200 * nutrition.Kilocalorie
	floorMen = 1500 * nutrition.Kilocalorie
)

// farUnder is the share of the target, in per cent, below which a day is too small
// whatever the target.
const farUnder = 80

// limits are the bounds that hold for one person.
type limits struct {
	floor      nutrition.Energy // 0: none
	supervised bool
}

func limitsOf(b *targets.Body, supervised bool) limits {
	switch {
	case supervised:
		return limits{supervised: true}
	case b != nil && b.Sex == targets.Male:
		return limits{floor: floorMen}
	default:
		return limits{floor: floor}
	}
}

// short says in which way an energy is too small; nothing when it is not.
func (l limits) short(e nutrition.Energy, target nutrition.Macros) message.Text {
	switch {
	case e < l.floor:
		return message.Textf("below %v, which is too little for most people", kcal(l.floor))
	case int64(e)*100 < int64(target.Energy())*farUnder:
		return message.Textf("below %d %% of your target (%v)", farUnder, kcal(target.Energy()))
	default:
		return message.Text{}
	}
}

// helper names a place to get help.
func (l limits) helper() message.Text {
	if l.supervised {
		return message.Textf("the doctor who follows your diet")
	}
	return message.Textf("a doctor or dietitian")
}

// kcal renders "1,870 kcal".
func kcal(e nutrition.Energy) message.Text {
	return message.Textf("%v kcal", message.Number(e.Kcal()))
}

// amount renders "12 g" or "1,870 kcal", without a sign.
func amount(n Nutrient, a Amount) message.Text {
	a = max(a, -a)
	if n == Energy {
		return kcal(nutrition.Energy(a))
	}
	return message.Textf("%.0f g", a.Float())
}
