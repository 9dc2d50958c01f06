package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// exercise makes one of every kind of call.
func exercise(ctx context.Context, e *Env) error {
	if _, err := e.Client().Check(ctx); err != nil {
		return err
	}
	if _, err := e.Client().Sync(ctx, tandoor.Ask{Full: true, Known: map[recipe.ID]time.Time{absent: e.Clock}}); err != nil {
		return err
	}
	w, err := begin(ctx, e)
	if err != nil {
		return err
	}
	w.plan.Meals, w.plan.Needs = w.plan.Meals[:1], nil
	return w.again(ctx, 0, 8)
}

func ask(ctx context.Context, e *Env, method, path, body string) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if resp.StatusCode != http.StatusNoContent {
		_ = json.NewDecoder(resp.Body).Decode(&out) // a page is judged by its status
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return out, nil
}

func send(ctx context.Context, e *Env, method, path, body string) error {
	_, err := ask(ctx, e, method, path, body)
	return err
}

func patch(ctx context.Context, e *Env, path, body string) error {
	return send(ctx, e, http.MethodPatch, path, body)
}

func planned(ctx context.Context, e *Env) ([]publish.PlannedMeal, error) {
	return e.Client().Meals(ctx, e.Monday-30, e.Monday+30)
}

// lost is a case in which the answer to one request of a write-back is lost after it took
// effect, and none is made twice.
func lost(name string, rule faultswitch.Rule) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		rule.LoseAnswer, rule.Times = true, 1
		if _, err := e.Faults.Set(rule); err != nil {
			return err
		}
		w := &writing{e, newBook(), week(e)}
		if _, err := w.write(ctx); err != nil {
			return err
		}
		if e.Faults.Rules()[0].Fired != 1 {
			return errors.New("the fault did not fire")
		}
		meals, lines, err := w.shown(ctx)
		if err != nil || len(meals) != 6 || len(lines) != 3 {
			return fmt.Errorf("%d meals, %d lines, %v; want 6 and 3: the lost one must not be made twice", len(meals), len(lines), err)
		}
		return w.again(ctx, 0, 0)
	}}
}

// person is a case in which a person does something to what we wrote, after which nothing
// of it changes, however often the same plan is written.
func person(name string, does func(context.Context, *writing) error) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		w, err := begin(ctx, e)
		if err != nil {
			return err
		}
		if err := does(ctx, w); err != nil {
			return err
		}
		meals, lines, err := w.shown(ctx)
		if err != nil {
			return err
		}
		for range 2 {
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
		}
		m, l, err := w.shown(ctx)
		if err != nil || !slices.Equal(m, meals) || !slices.Equal(l, lines) {
			return fmt.Errorf("%q and %q became %q and %q, %v", meals, lines, m, l, err)
		}
		return nil
	}}
}
