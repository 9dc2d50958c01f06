package nutrition_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

func ExampleMacros_String() {
	m := nutrition.Macros{Protein: 150 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 200 * nutrition.Gram}
	fmt.Println(m)
	fmt.Println(m.Scale(nutrition.OneServing / 2))
	// Output:
	// 150 P / 60 F / 200 C (1940 kcal)
	// 75 P / 30 F / 100 C (970 kcal)
}

func TestFromGrams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   float64
		want nutrition.Mass
		err  error
	}{
		{0, 0, nil},
		{0.00005, 1, nil},
		{40.1234, 401_234, nil},
		{-0.1, 0, nutrition.ErrNegative},
		{math.NaN(), 0, nutrition.ErrNotANumber},
		{math.Inf(1), 0, nutrition.ErrNotANumber},
		{1e7, 0, nutrition.ErrTooLarge},
	} {
		got, err := nutrition.FromGrams(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("FromGrams(%v) = %d, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestScaleRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	m := nutrition.Macros{Protein: 1, Fat: 3, Carbs: -1}
	got := m.Scale(nutrition.OneServing / 2)
	if want := (nutrition.Macros{Protein: 1, Fat: 2, Carbs: -1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestValidateNamesTheMacro(t *testing.T) {
	t.Parallel()
	err := nutrition.Macros{Fat: -1}.Validate()
	if err == nil || err.Error() != "fat: negative" {
		t.Errorf("got %v", err)
	}
}
