// Package nutrition holds masses, energies and macronutrients as integers, so that
// the same arithmetic gives the same plan on every machine. It knows no recipes and no days.
package nutrition

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Mass is a mass in ten-thousandths of a gram (0.1 mg), the precision of the
// numbers Tandoor sends and of docs/solve-contract.md.
type Mass int64

// Gram is one gram.
const Gram Mass = 10_000

// MaxMass bounds what an input may state: one tonne. Products of a mass within this
// bound and a number of servings within [MaxServings] cannot overflow.
const MaxMass = 1_000_000 * Gram

// ErrNotANumber is returned for NaN and infinite inputs, ErrNegative for values
// below zero and ErrTooLarge for values above [MaxMass].
var (
	ErrNotANumber = errors.New("not a finite number")
	ErrNegative   = errors.New("negative")
	ErrTooLarge   = errors.New("larger than a tonne")
)

// FromGrams converts grams, rounding to the nearest 0.1 mg. It refuses NaN,
// infinities, negative values and values above [MaxMass].
func FromGrams(g float64) (Mass, error) {
	switch {
	case math.IsNaN(g) || math.IsInf(g, 0):
		return 0, ErrNotANumber
	case g < 0:
		return 0, ErrNegative
	case g > MaxMass.Grams():
		return 0, ErrTooLarge
	}
	return Mass(math.Round(g * float64(Gram))), nil
}

// Grams returns the mass in grams, for presentation and files.
func (m Mass) Grams() float64 { return float64(m) / float64(Gram) }

// Round returns the nearest whole number of grams.
func (m Mass) Round() Mass { return (m + Gram/2) / Gram * Gram }

// String renders the mass with one decimal, e.g. "12.5 g".
func (m Mass) String() string { return strconv.FormatFloat(m.Grams(), 'f', 1, 64) + " g" }

// Servings is a number of servings in ten-thousandths.
type Servings int64

const (
	// OneServing is one natural portion.
	OneServing Servings = 10_000
	// MaxServings bounds what an input may state.
	MaxServings = 1000 * OneServing
)

// Float returns the number of servings, for presentation and files.
func (s Servings) Float() float64 { return float64(s) / float64(OneServing) }

// Times returns the servings for a household that eats as much as so many people, rounded to
// nearest.
func (s Servings) Times(household Servings) Servings {
	return (s*household + OneServing/2) / OneServing
}

// String renders the shortest exact decimal, e.g. "1.25".
func (s Servings) String() string { return strconv.FormatFloat(s.Float(), 'f', -1, 64) }

// Energy is an energy in ten-thousandths of a kilocalorie.
type Energy int64

// Kilocalorie is one kilocalorie.
const Kilocalorie Energy = 10_000

// MostEnergy is what a serving that a person could eat at once holds at most: 5 MJ.
const MostEnergy = 1195 * Kilocalorie

// Kcal returns the energy in kilocalories, for presentation and files.
func (e Energy) Kcal() float64 { return float64(e) / float64(Kilocalorie) }

// Macros is an amount of each macronutrient.
type Macros struct{ Protein, Fat, Carbs Mass }

// Add returns the sum of both.
func (m Macros) Add(o Macros) Macros {
	return Macros{m.Protein + o.Protein, m.Fat + o.Fat, m.Carbs + o.Carbs}
}

// Scale multiplies by a number of servings, rounding half away from zero to 0.1 mg.
func (m Macros) Scale(s Servings) Macros {
	return Macros{scale(m.Protein, s), scale(m.Fat, s), scale(m.Carbs, s)}
}

func scale(m Mass, s Servings) Mass {
	p := int64(m) * int64(s)
	half := int64(OneServing) / 2
	if p < 0 {
		half = -half
	}
	return Mass((p + half) / int64(OneServing))
}

// Energy applies the general Atwater factors: 4 kcal per gram of protein and
// carbohydrate, 9 per gram of fat.
func (m Macros) Energy() Energy { return Energy(4*m.Protein + 9*m.Fat + 4*m.Carbs) }

// Validate returns an error naming the first macro that is negative or above [MaxMass].
func (m Macros) Validate() error {
	for _, f := range []struct {
		name string
		mass Mass
	}{{"protein", m.Protein}, {"fat", m.Fat}, {"carbs", m.Carbs}} {
		switch {
		case f.mass < 0:
			return fmt.Errorf("%s: %w", f.name, ErrNegative)
		case f.mass > MaxMass:
			return fmt.Errorf("%s: %w", f.name, ErrTooLarge)
		}
	}
	return nil
}

// String renders "150 P / 67 F / 200 C (2003 kcal)", in whole grams.
func (m Macros) String() string {
	return fmt.Sprintf("%.0f P / %.0f F / %.0f C (%.0f kcal)",
		m.Protein.Grams(), m.Fat.Grams(), m.Carbs.Grams(), m.Energy().Kcal())
}
