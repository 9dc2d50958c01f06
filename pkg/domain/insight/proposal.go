package insight

import (
	"fmt"
	"math"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Proposal is one change for next week. Nothing changes unless the user confirms it.
type Proposal struct {
	Mode   targets.Mode     // of next week; "": the targets change permanently
	Target nutrition.Macros // of a day, as it would be
	Reason message.Text
}

// Command is the line that makes the change: "REGENERATE WEEK WITH HIGH PROTEIN" or
// "TARGETS 150 67 200", in grams of protein, fat and carbs.
func (p Proposal) Command() string {
	if p.Mode != "" {
		return "REGENERATE WEEK WITH " + strings.ToUpper(strings.ReplaceAll(string(p.Mode), "_", " "))
	}
	return fmt.Sprintf("TARGETS %.0f %.0f %.0f", p.Target.Protein.Grams(), p.Target.Fat.Grams(), p.Target.Carbs.Grams())
}

const (
	fewestForProposal = 14                          // logged days
	stepPct           = 10                          // the most a target's energy moves in a week
	mostBelow         = 500 * nutrition.Kilocalorie // the most it falls in all, below the highest of the plans
)

// propose finds the change that the averages call for. It has none for a diet that a
// doctor follows, on few logged days, and for a user who eats far too little: enough
// food comes first. Modes keep the energy.
func propose(p Period, t Trends, eaten nutrition.Energy) *Proposal {
	if p.Supervised || t.Short || t.Logged < fewestForProposal {
		return nil
	}
	protein, fat, carbs := t.Average[Protein], t.Average[Fat], t.Average[Carbs]
	says := func(r Row) message.Text {
		return message.Textf("You ate %.0f of %.0f g %v a day on average.", r.Actual.Float(), r.Target.Float(), r.Nutrient)
	}
	switch {
	case protein.Status == Under:
		return withMode(p, targets.HighProtein, says(protein))
	case carbs.Status == Over && fat.Status != Over:
		return withMode(p, targets.LowCarb, says(carbs))
	case fat.Status == Over && carbs.Status != Over && targets.Split(p.Target.Energy(), 30, 30).Fat < p.Target.Fat:
		return withMode(p, targets.Balanced, says(fat))
	case len(t.Patterns) == 0:
		return towardsBody(p, eaten)
	default:
		return nil
	}
}

func withMode(p Period, m targets.Mode, reason message.Text) *Proposal {
	bent, err := m.Apply(p.Target)
	if err != nil || !harmless(bent, p.Body) {
		return nil
	}
	return &Proposal{m, bent, reason}
}

// towardsBody moves targets that lie more than a step away from what the body figures give,
// by one step. Energy only falls for a user who eats as much as the target.
func towardsBody(p Period, eaten nutrition.Energy) *Proposal {
	if p.Body == nil {
		return nil
	}
	computed, err := p.Body.Target()
	if err != nil {
		return nil
	}
	now, goal := p.Target.Energy(), computed.Energy()
	step := now * stepPct / 100
	if goal >= now-step && goal <= now+step {
		return nil
	}
	reason := message.Textf("Your body figures give %v a day; your target is %v.", kcal(goal), kcal(now))
	if goal > now {
		return withTarget(p, scaled(p.Target, now+step, math.Floor), reason)
	}
	lowest := max(now-step, highest(p)-mostBelow)
	if lowest >= now || eaten < now {
		return nil
	}
	return withTarget(p, scaled(p.Target, lowest, math.Ceil), reason)
}

// highest is the largest target of the plans given and of today.
func highest(p Period) nutrition.Energy {
	e := p.Target.Energy()
	for _, w := range p.Plans {
		e = max(e, w.Target.Energy())
	}
	return e
}

// scaled keeps the shares of the macros; whole rounds grams up or down.
func scaled(m nutrition.Macros, to nutrition.Energy, whole func(float64) float64) nutrition.Macros {
	part := func(x nutrition.Mass) nutrition.Mass {
		return nutrition.Mass(whole(x.Grams()*float64(to)/float64(m.Energy()))) * nutrition.Gram
	}
	return nutrition.Macros{Protein: part(m.Protein), Fat: part(m.Fat), Carbs: part(m.Carbs)}
}

func withTarget(p Period, m nutrition.Macros, reason message.Text) *Proposal {
	if m == p.Target || !harmless(m, p.Body) {
		return nil
	}
	return &Proposal{Target: m, Reason: reason}
}

// harmless reports whether a target raises no warning.
func harmless(m nutrition.Macros, b *targets.Body) bool {
	weight := 0.0
	if b != nil {
		weight = b.WeightKG
	}
	warnings, refuse := targets.Check(m, weight, false)
	return refuse == nil && len(warnings) == 0 && limitsOf(b, false).short(m.Energy(), m).Empty()
}
