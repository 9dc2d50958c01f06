package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

func codes() []Case {
	var out []Case
	for _, c := range []struct {
		code  int
		kind  fault.Kind
		label string
		calls int
		text  string
	}{
		{1, fault.Unavailable, "503", 2, "out of order"},
		{2, fault.FatSecretError, "400", 1, ""},
		{3, fault.FatSecretError, "400", 1, ""},
		{4, fault.FatSecretError, "400", 1, ""},
		{5, fault.InvalidConfig, "401", 1, "consumer key"},
		{6, fault.InvalidConfig, "401", 3, "check this machine's time"},
		{7, fault.FatSecretError, "401", 2, ""},
		{8, fault.InvalidConfig, "401", 1, "consumer secret"},
		{9, fault.Unauthorized, "401", 1, "connect it again"},
		{10, fault.FatSecretError, "400", 1, ""},
		{11, fault.QuotaExceeded, "429", 1, "until tomorrow"},
		{12, fault.QuotaExceeded, "429", 1, "wait 10m"},
		{13, fault.Unauthorized, "401", 1, ""},
		{14, fault.InvalidConfig, "503", 1, "scope"},
		{20, fault.Unavailable, "503", 2, ""},
		{21, fault.InvalidConfig, "401", 1, "address is not allowed"},
		{22, fault.FatSecretError, "400", 1, ""},
		{23, fault.FatSecretError, "400", 1, ""},
		{24, fault.TimeoutError, "503", 2, ""},
		{101, fault.FatSecretError, "400", 1, ""},
		{106, fault.FatSecretError, "400", 1, ""},
		{109, fault.FatSecretError, "400", 1, ""},
		{205, fault.FatSecretError, "400", 1, "date"},
		{206, fault.FatSecretError, "400", 1, "date"},
		{999, fault.FatSecretError, "400", 1, ""},
	} {
		for _, text := range []bool{false, true} {
			name := fmt.Sprintf("code %d inside HTTP 200", c.code)
			if text {
				name += " as a string"
			}
			out = append(out, Case{Name: name, Check: func(ctx context.Context, e *Env) error {
				e.Server.SetShapes(fatsecrettest.Shapes{StringCodes: text})
				e.Server.Fail("profile.get", c.code, 10)
				_, err := e.Client().Profile(ctx, user)
				if err := wantKind(err, c.kind, c.text); err != nil {
					return err
				}
				if n := e.Server.Calls()["profile.get"]; n != c.calls || e.Label("profile.get") != c.label {
					return fmt.Errorf("%d calls, label %q; want %d, %q", n, e.Label("profile.get"), c.calls, c.label)
				}
				ae, ok := errors.AsType[*fatsecret.APIError](err)
				if !ok || ae.Code != c.code {
					return fmt.Errorf("the error does not hold the vendor's code: %v", err)
				}
				if want := map[int]fatsecret.Quota{11: fatsecret.QuotaDaily, 12: fatsecret.QuotaBurst}[c.code]; ae.Quota != want {
					return fmt.Errorf("quota = %q; want %q", ae.Quota, want)
				}
				return nil
			}})
		}
	}
	fails := func(name string, rule faultswitch.Rule, kind fault.Kind, label string) Case {
		return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(rule); err != nil {
				return err
			}
			_, err := e.Client().Profile(ctx, user)
			if err := wantKind(err, kind, ""); err != nil {
				return err
			}
			if e.Label("profile.get") != label {
				return fmt.Errorf("label = %q; want %q", e.Label("profile.get"), label)
			}
			return nil
		}}
	}
	return append(out,
		fails("status 503", faultswitch.Rule{Status: 503}, fault.Unavailable, "503"),
		fails("status 429 if it ever comes", faultswitch.Rule{Status: 429}, fault.QuotaExceeded, "429"),
		fails("page instead of JSON", faultswitch.Rule{Body: faultswitch.BodyHTML}, fault.FatSecretError, "200"),
		fails("malformed body", faultswitch.Rule{Body: faultswitch.BodyMalformed}, fault.FatSecretError, "200"),
		fails("oversized body", faultswitch.Rule{Body: faultswitch.BodyOversized}, fault.FatSecretError, "200"),
		fails("connection lost", faultswitch.Rule{Outage: true}, fault.NetworkError, "network_error"),
		Case{Name: "timeout", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{LatencyMS: 60_000}); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			_, err := e.Client().Profile(ctx, user)
			if err := wantKind(err, fault.TimeoutError, ""); err != nil || e.Label("profile.get") != "timeout" {
				return fmt.Errorf("%w; label %q", err, e.Label("profile.get"))
			}
			return nil
		}},
		Case{Name: "recovers from one code 20", Check: func(ctx context.Context, e *Env) error {
			e.Server.Fail("", 20, 1)
			_, err := e.Client().Profile(ctx, user)
			return err
		}},
		Case{Name: "used nonce is replaced once", Check: func(ctx context.Context, e *Env) error {
			e.Server.Fail("", 7, 1)
			_, err := e.Client().Profile(ctx, user)
			return err
		}},
		Case{Name: "budget is kept before the vendor's limit", Check: func(ctx context.Context, e *Env) error {
			c := e.With(func(s *Settings) { s.Budget = newBudget(3) })
			var err error
			for range 5 {
				_, err = c.Profile(ctx, user)
			}
			if err := wantKind(err, fault.QuotaExceeded, "3 of 3"); err != nil {
				return err
			}
			if n := len(e.Server.Requests()); n != 3 {
				return fmt.Errorf("%d calls; want 3", n)
			}
			return nil
		}},
		Case{Name: "daily limit of the vendor", Options: func(o *fatsecrettest.Options) { o.DailyLimit = 2 }, Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			for range 2 {
				if _, err := c.Profile(ctx, user); err != nil {
					return err
				}
			}
			_, err := c.Profile(ctx, user)
			return wantKind(err, fault.QuotaExceeded, "tomorrow")
		}},
		Case{Name: "burst limit of the vendor", Options: func(o *fatsecrettest.Options) { o.BurstLimit = 2 }, Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			for range 2 {
				if _, err := c.Profile(ctx, user); err != nil {
					return err
				}
			}
			_, err := c.Profile(ctx, user)
			return wantKind(err, fault.QuotaExceeded, "wait")
		}},
	)
}

func shapes() []Case {
	all := map[string]fatsecrettest.Shapes{
		"as live clients report": {}, "bare scalars": {BareScalars: true}, "entry object": {EntryObject: true}, "numbers as numbers": {NumberValues: true},
		"one element without a list": {SingleObject: true}, "empty string for nothing": {Empty: "empty string"}, "nothing at all": {Empty: "absent"},
		"empty object": {Empty: "object"}, "meals in lower case": {LowercaseMeal: true},
	}
	var out []Case
	for name, sh := range all {
		out = append(out, Case{Name: "shape " + name, Check: func(ctx context.Context, e *Env) error {
			e.Server.SetShapes(sh)
			return everyMethod(ctx, e.Client())
		}})
	}
	slices.SortFunc(out, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// everyMethod calls every method once and checks what comes back.
func everyMethod(ctx context.Context, c Client) error {
	p, err := c.Profile(ctx, user)
	if err != nil || p.LastWeightKg != 80 || p.GoalWeightKg != 78 || p.HeightCm != 187.96 || p.WeightUnit != "kg" || p.HeightUnit != "cm" {
		return fmt.Errorf("profile = %+v, %w", p, err)
	}
	w, err := c.Weights(ctx, user, Today)
	if err != nil || len(w) != 2 || w[1] != (fatsecret.Weight{Day: Today, Kg: 80}) {
		return fmt.Errorf("weights = %v, %w; want two of this month", w, err)
	}
	if w, err = c.Weights(ctx, user, Today-90); err != nil || len(w) != 1 {
		return fmt.Errorf("weights = %v, %w; want one", w, err)
	}
	none, err := c.Diary(ctx, user, Today)
	if err != nil || len(none) != 0 {
		return fmt.Errorf("empty day = %v, %w", none, err)
	}
	one, err := c.Diary(ctx, user, Today-1)
	if err != nil || len(one) != 1 || one[0].Meal != fatsecret.Breakfast || one[0].Units != 50 || one[0].Values.Energy.Kcal() != 190 || one[0].Values.Macros.Protein.Grams() < 6.57 || one[0].Values.Macros.Protein.Grams() > 6.59 {
		return fmt.Errorf("day = %+v, %w; want one breakfast of 190 kcal, 6.58 g protein", one, err)
	}
	month, err := c.DiaryMonth(ctx, user, Today)
	if err != nil || len(month) != 1 || month[0].Day != Today-1 || month[0].Values.Energy.Kcal() != 190 {
		return fmt.Errorf("month = %+v, %w; want one day of 190 kcal", month, err)
	}
	id, err := c.CreateEntry(ctx, user, dinner())
	if err != nil || id == "" {
		return fmt.Errorf("create = %q, %w", id, err)
	}
	if err := c.EditEntry(ctx, user, id, fatsecret.Edit{Units: 200}); err != nil {
		return err
	}
	entry, err := c.Entry(ctx, user, id)
	if err != nil || entry.Units != 200 || entry.Name != dinner().Name || entry.Day != Today || entry.Meal != fatsecret.Dinner {
		return fmt.Errorf("entry = %+v, %w; want 200 units of dinner today", entry, err)
	}
	if err := c.DeleteEntry(ctx, user, id); err != nil {
		return err
	}
	_, err = c.Entry(ctx, user, id)
	if err := wantKind(err, fault.NotFound, ""); err != nil {
		return err
	}
	hits, err := c.SearchFoods(ctx, "no such thing", 0, 20)
	if err != nil || len(hits.Foods) != 0 || hits.Total != 0 {
		return fmt.Errorf("hits = %+v, %w; want none", hits, err)
	}
	f, err := c.Food(ctx, "11")
	if err != nil || len(f.Servings) != 1 || f.Servings[0].Values.Energy.Kcal() != 900 {
		return fmt.Errorf("food = %+v, %w; want one serving of 900 kcal", f, err)
	}
	return nil
}
