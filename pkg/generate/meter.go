package generate

import "math"

// meter counts work: one unit is about the comparison of one combination of portions.
type meter struct{ spent, budget int64 }

func (m *meter) spend(n int)     { m.spent += int64(n) }
func (m *meter) exhausted() bool { return m.spent >= m.budget }

// DefaultEffort is the effort that proves everything up to 100 recipes per meal.
const DefaultEffort = 1

const (
	provenPool  = 100  // candidates per meal that the default effort proves
	fullBudget  = 20e9 // units up to that pool
	leastBudget = 5e6  // units for the largest pools
	// A problem with counts is proven soon, or hardly at all where counts contradict each other.
	countedBudget = 2e9
	budgetPower   = 6 // how fast the budget falls with the size of the pool in between
	naturalSteps  = 7 // portions the budget is made for
)

// budgetFor returns the work allowed: constant up to 100 candidates of 7 portions per meal,
// then falling with the sixth power of the pool, so that an answer comes soon, to a floor.
func budgetFor(effort, pool, portions int) int64 {
	budget := float64(fullBudget)
	if pool > provenPool {
		budget = max(leastBudget, budget/10*math.Pow(provenPool/(float64(pool)*fineness(portions)), budgetPower))
	}
	return int64(min(budget*float64(effort), math.MaxInt64/4))
}

// fineness is how much a finer grid of portions than usual makes a pool count.
func fineness(portions int) float64 { return math.Sqrt(max(1, float64(portions)/naturalSteps)) }

const (
	corePool   = 500 // candidates per meal that are looked at with effort 1 and 7 portions
	travelWork = 20  // what one combination of portions of a travel date is taken to cost
	leastQuick = 24  // more than the conflicts a slot can have, so that none is made impossible
)

// coreFor returns how many candidates per meal are looked at at all: the square root of the
// effort times 500, fewer for fine grids of portions, but never so few that pools up to 100 suffer.
func coreFor(effort, portions int) int {
	return int(corePool * math.Sqrt(float64(effort)) / fineness(portions))
}

// quickFor returns how many candidates a travel slot may have so that a tenth of the budget
// tries all combinations of two of them.
func quickFor(budget int64, portions int) int {
	return max(leastQuick, int(math.Sqrt(float64(budget)/10/travelWork)/float64(portions)))
}
