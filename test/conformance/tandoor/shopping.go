package conformance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func shopping() []Case {
	return []Case{
		{Name: "the list hangs on no meal", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			w.plan.Meals[0] = meal(e, 0, recipe.Breakfast, "Dal")
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			if err := send(ctx, e, http.MethodDelete, mealPath(w.mealID(w.plan.Meals[0])), ""); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "6  Egg", "900 g Banana")
		}},
		{Name: "foods are found by their plural and stay one line", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			w.plan.Needs[2].Food = "bananas"
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			w.plan.Needs[2].Amount = 1000 * recipe.One
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "6  Egg", "1000 g Banana")
		}},
		{Name: "what is ticked counts as bought", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := w.tick(ctx, "Banana"); err != nil {
				return err
			}
			for _, step := range []struct {
				amount           recipe.Amount
				created, deleted int
				rest             string
			}{{700, 0, 0, ""}, {900, 0, 0, ""}, {1300, 1, 0, "400 g Banana"}, {1000, 1, 1, "100 g Banana"}, {0, 0, 1, ""}, {900, 0, 0, ""}} {
				w.plan.Needs[2].Amount = step.amount * recipe.One
				if err := w.again(ctx, step.created, step.deleted); err != nil {
					return fmt.Errorf("%d g: %w", step.amount, err)
				}
				want := []string{"500 g Rice", "6  Egg", "900 g Banana ticked"}
				if step.rest != "" {
					want = append(want, step.rest)
				}
				if err := w.list(ctx, want...); err != nil {
					return fmt.Errorf("%d g: %w", step.amount, err)
				}
			}
			return nil
		}},
		{Name: "what was ticked long ago counts as bought", StandIn: true, Check: func(ctx context.Context, e *Env) error {
			for _, seen := range []bool{false, true} {
				w := &writing{e, newBook(), week(e)}
				w.plan.Meals = nil
				if err := w.again(ctx, 3, 0); err != nil {
					return err
				}
				if err := w.tick(ctx, "Rice"); err != nil {
					return err
				}
				if seen {
					if err := w.again(ctx, 0, 0); err != nil {
						return err
					}
				}
				e.standIn().Age(linePath(w.lineID("Rice")), 15*24*time.Hour)
				if err := w.again(ctx, 0, 0); err != nil {
					return fmt.Errorf("seen %t: %w", seen, err)
				}
				w.plan.Needs = nil
				if err := w.again(ctx, 0, 2); err != nil {
					return err
				}
			}
			return nil
		}},
		{Name: "a line that is unticked is to buy again", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := w.tick(ctx, "Egg"); err != nil {
				return err
			}
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			if err := patch(ctx, e, linePath(w.lineID("Egg")), `{"checked":false}`); err != nil {
				return err
			}
			w.plan.Needs[1].Amount = 8 * recipe.One
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "8  Egg", "900 g Banana")
		}},
	}
}

// lastSlash returns where the last element of a path that ends in a slash begins.
func lastSlash(path string) int {
	for i := len(path) - 2; i >= 0; i-- {
		if path[i] == '/' {
			return i + 1
		}
	}
	return 0
}
