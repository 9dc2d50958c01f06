package generate

import "math"

// meter counts work: one unit is about the comparison of one combination of portions.
type meter struct{ spent, budget int64 }

func (m *meter) spend(n int)     { m.spent += int64(n) }
func (m *meter) exhausted() bool { return m.spent >= m.budget }

// DefaultEffort is the effort that proves everything up to 100 recipes per meal.
const DefaultEffort = 1

const (
	provenPool   = 100  // candidates per meal that the default effort proves
	fullBudget   = 20e9 // units up to that pool
	leastBudget  = 5e6  // units for the largest pools
	budgetPower  = 6    // how fast the budget falls with the size of the pool in between
	naturalSteps = 7    // portions the budget is made for
)

// budgetFor returns the work allowed: constant up to 100 candidates of 7 portions per meal,
// then falling with the sixth power of the pool, so that an answer comes soon, to a floor.
func budgetFor(effort, pool, portions int) int64 {
	size := float64(pool) * math.Sqrt(max(1, float64(portions)/naturalSteps))
	budget := float64(fullBudget)
	if size > provenPool {
		budget = max(leastBudget, budget/10*math.Pow(provenPool/size, budgetPower))
	}
	return int64(min(budget*float64(effort), math.MaxInt64/4))
}
