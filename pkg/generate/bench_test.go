package generate_test

import (
	"fmt"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

func BenchmarkSolve(b *testing.B) {
	for _, n := range []int{30, 100, 300, 500} {
		for _, portions := range []bool{false, true} {
			b.Run(fmt.Sprintf("pool=%d/portions=%v", n, portions), func(b *testing.B) {
				p := problems.New(1, problems.Shape{Breakfasts: n, Lunches: n, Dinners: n, Portions: portions, Used: 0.4, RotationDays: 14, PortionWeight: 500})
				for b.Loop() {
					if _, err := generate.Solve(p, generate.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
