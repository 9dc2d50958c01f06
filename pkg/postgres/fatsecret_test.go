package postgres_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// All processes share the day's calls; what was spent yesterday counts no more.
func TestCallBudgetIsOfADay(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	one, other := postgres.NewFatSecret(pool, 2), postgres.NewFatSecret(pool, 2)
	for i, s := range []*postgres.FatSecret{one, other} {
		if err := s.Take(t.Context(), 1); err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	if err := one.Take(t.Context(), 1); fault.KindOf(err) != fault.QuotaExceeded {
		t.Errorf("the third of two calls: %v", err)
	}
	if used, err := other.Usage(t.Context()); err != nil || used != 1 {
		t.Errorf("%g of the budget is used, %v; want all", used, err)
	}
	if _, err := pool.Exec(t.Context(), "update api_budget set day = day - 1"); err != nil {
		t.Fatal(err)
	}
	if used, err := one.Usage(t.Context()); err != nil || used != 0 {
		t.Errorf("the next day begins with %g, %v", used, err)
	}
	if err := one.Take(t.Context(), 1); err != nil {
		t.Errorf("the next day: %v", err)
	}
}
