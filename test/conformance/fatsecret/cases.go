package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

func signing() []Case {
	return []Case{
		{Name: "signature of text that naive encoders break", Check: func(ctx context.Context, e *Env) error {
			hits, err := e.Client().SearchFoods(ctx, "Crème brûlée (12 oz) 85% + tea", 0, 20)
			if err != nil || len(hits.Foods) != 1 || hits.Foods[0].Brand != "Bistro" {
				return fmt.Errorf("hits = %+v, %v; want the one brand food", hits, err)
			}
			return nil
		}},
		{Name: "call without a token keeps the ampersand", Check: func(ctx context.Context, e *Env) error {
			f, err := e.Client().Food(ctx, "10")
			if err != nil || len(f.Servings) != 2 {
				return fmt.Errorf("food = %+v, %v; want two servings", f, err)
			}
			return nil
		}},
		{Name: "timestamps never go back", Check: func(ctx context.Context, e *Env) error {
			var mu sync.Mutex
			at := Clock
			c := e.With(func(s *Settings) {
				s.Now = func() time.Time { // a clock that is set back between calls
					mu.Lock()
					defer mu.Unlock()
					at = at.Add(-time.Second)
					return at
				}
			})
			for range 5 {
				if _, err := c.Profile(ctx, user); err != nil {
					return err
				}
			}
			log := e.Server.Requests()
			if refused := slices.ContainsFunc(log, func(r fatsecrettest.Request) bool { return r.Code != 0 }); refused || len(log) != 5 {
				return fmt.Errorf("calls %+v; want 5, none refused", log)
			}
			return nil
		}},
		{Name: "many users at once", Options: func(o *fatsecrettest.Options) {
			for i := range 8 {
				o.Users = append(o.Users, fatsecrettest.User{Token: fmt.Sprint("u", i), Secret: "s", HeightCm: 170})
			}
		}, Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			errs := make([]error, 8)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for range 4 {
						_, err := c.Profile(ctx, fatsecret.Token{Key: fmt.Sprint("u", i), Secret: "s"})
						errs[i] = errors.Join(errs[i], err)
					}
				})
			}
			wg.Wait()
			for _, r := range e.Server.Requests() {
				if r.Code != 0 {
					return fmt.Errorf("a call was refused with code %d", r.Code)
				}
			}
			return errors.Join(errs...)
		}},
		{Name: "wrong clock is set by the server's", Check: func(ctx context.Context, e *Env) error {
			for _, off := range []time.Duration{-time.Hour, time.Hour} {
				c := e.With(func(s *Settings) { s.Now = func() time.Time { return Clock.Add(off) } })
				before := len(e.Server.Requests())
				for range 2 {
					if _, err := c.Profile(ctx, user); err != nil {
						return fmt.Errorf("clock off by %v: %w", off, err)
					}
				}
				if n := len(e.Server.Requests()) - before; n != 3 {
					return fmt.Errorf("clock off by %v: %d calls; want 1 refused and 2 good ones", off, n)
				}
			}
			return nil
		}},
		anotherWasQuicker(),
		{Name: "a slow clock is set though another process was quicker", Check: func(ctx context.Context, e *Env) error {
			for _, slow := range []time.Duration{2 * time.Second, 20 * time.Second} {
				if _, err := e.Client().Profile(ctx, user); err != nil {
					return err
				}
				c := e.With(func(s *Settings) { s.Now = func() time.Time { return Clock.Add(-slow) } })
				before := len(e.Server.Requests())
				if _, err := c.Profile(ctx, user); err != nil {
					return fmt.Errorf("a clock slow by %v: %w", slow, err)
				}
				if n := len(e.Server.Requests()) - before; n != 2 {
					return fmt.Errorf("a clock slow by %v: %d calls; want 1 refused and 1 good one", slow, n)
				}
			}
			return nil
		}},
		{Name: "wrong consumer secret says which", Check: func(ctx context.Context, e *Env) error {
			_, err := e.With(func(s *Settings) { s.ConsumerSecret = "client-secret" }).Profile(ctx, user)
			return wantKind(err, fault.InvalidConfig, "not the OAuth 2 client secret")
		}},
		{Name: "revoked token asks to connect again", Check: func(ctx context.Context, e *Env) error {
			e.Server.Revoke(user.Key)
			_, err := e.Client().Profile(ctx, user)
			return wantKind(err, fault.Unauthorized, "connect it again")
		}},
		{Name: "connect an account", Check: func(ctx context.Context, e *Env) error {
			return connect(ctx, e, "https://planner.example/fatsecret/callback?state=1")
		}},
		{Name: "connect an account out of band", Check: func(ctx context.Context, e *Env) error { return connect(ctx, e, fatsecret.OutOfBand) }},
		{Name: "a verifier that is not the user's", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			tok, err := c.RequestToken(ctx, fatsecret.OutOfBand)
			if err != nil {
				return err
			}
			_, err = c.AccessToken(ctx, tok, "guess")
			return wantKind(err, fault.Unauthorized, "")
		}},
		{Name: "secrets stay out of errors", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Outage: true}); err != nil {
				return err
			}
			c := e.Client()
			_, err1 := c.AccessToken(ctx, fatsecret.Token{Key: "k", Secret: "very-secret"}, "v")
			_, err2 := c.Profile(ctx, user)
			for _, err := range []error{err1, err2} {
				if err := wantKind(err, fault.NetworkError, "cannot reach"); err != nil {
					return err
				}
				for _, hidden := range []string{"oauth_", "very-secret", "user-secret", "signature"} {
					if strings.Contains(err.Error(), hidden) {
						return fmt.Errorf("message %q shows %q", err, hidden)
					}
				}
			}
			return nil
		}},
	}
}

// anotherWasQuicker has a second process, whose clock is ahead by up to a second, take
// the user's turn first: the vendor refuses the timestamps of the first until they are no
// longer earlier. A clock that is right must not be turned back by the Date header, which
// names the second that has begun.
func anotherWasQuicker() Case {
	var mu sync.Mutex
	at := Clock.Add(700 * time.Millisecond) // of the server and of the first process
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	wait := func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(d)
		return nil
	}
	check := func(ctx context.Context, e *Env) error {
		first := e.With(func(s *Settings) { s.Now, s.Sleep = now, wait })
		before := len(e.Server.Entries(user.Key))
		for _, ahead := range []time.Duration{400 * time.Millisecond, time.Second} {
			second := e.With(func(s *Settings) { s.Now = func() time.Time { return now().Add(ahead) } })
			for name, call := range map[string]func() error{
				"read":  func() error { _, err := first.Profile(ctx, user); return err },
				"write": func() error { _, err := first.CreateEntry(ctx, user, dinner()); return err },
			} {
				if _, err := second.Profile(ctx, user); err != nil {
					return err
				}
				if err := call(); err != nil {
					return fmt.Errorf("%s after a call %v ahead: %w", name, ahead, err)
				}
			}
		}
		if n := len(e.Server.Entries(user.Key)) - before; n != 2 {
			return fmt.Errorf("%d entries, want 2: a refused write was not carried out", n)
		}
		return nil
	}
	return Case{Name: "another process was quicker", Options: func(o *fatsecrettest.Options) { o.Now = now }, Check: check}
}

// connect goes through the three-legged flow as a browser would.
func connect(ctx context.Context, e *Env, callback string) error {
	c := e.Client()
	request, err := c.RequestToken(ctx, callback)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.AuthorizeURL(request), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	page, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	verifier := string(page)
	if callback != fatsecret.OutOfBand {
		back, err := url.Parse(resp.Header.Get("Location"))
		if err != nil {
			return err
		}
		if back.Query().Get("oauth_token") != request.Key || back.Query().Get("state") != "1" {
			return fmt.Errorf("callback = %s; want token and state", back)
		}
		verifier = back.Query().Get("oauth_verifier")
	}
	got, err := c.AccessToken(ctx, request, verifier)
	if err != nil || got != user {
		return fmt.Errorf("token = %+v, %w; want the user's", got, err)
	}
	_, err = c.Profile(ctx, got)
	return err
}

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
			c := e.With(func(s *Settings) { s.Budget = fatsecret.NewMemoryBudget(3, s.Now) })
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

func dinner() fatsecret.NewEntry {
	return fatsecret.NewEntry{Day: fatsecret.DayOf(Clock), Meal: fatsecret.Dinner, FoodID: "10", ServingID: "100", Units: 150, Name: "Dal: oats"}
}

func diary() []Case {
	return []Case{
		{Name: "dates are the user's calendar days", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Client().CreateEntry(ctx, user, dinner()); err != nil {
				return err
			}
			entries := e.Server.Entries(user.Key)
			if last := entries[len(entries)-1]; last.Date != int(Today) {
				return fmt.Errorf("dinner at nine in New York is filed under day %d; want %d", last.Date, Today)
			}
			return nil
		}},
		{Name: "number of units is in the serving's own units", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			f, err := c.Food(ctx, "10")
			if err != nil {
				return err
			}
			for _, s := range f.Servings {
				n, ok := s.Units(150, "g")
				if !ok {
					return fmt.Errorf("serving %s cannot measure grams", s.Description)
				}
				d := dinner()
				d.ServingID, d.Units = s.ID, n
				id, err := c.CreateEntry(ctx, user, d)
				if err != nil {
					return err
				}
				entry, err := c.Entry(ctx, user, id)
				if err != nil || entry.Values.Energy.Kcal() < 566 || entry.Values.Energy.Kcal() > 571 {
					return fmt.Errorf("150 g as %v of %q = %v kcal, %w; want about 568", n, s.Description, entry.Values.Energy.Kcal(), err)
				}
			}
			return nil
		}},
		{Name: "create is not repeated by itself", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", LoseAnswer: true}); err != nil {
				return err
			}
			_, err := e.Client().CreateEntry(ctx, user, dinner())
			if err := wantKind(err, fault.NetworkError, ""); err != nil {
				return err
			}
			if n := e.Server.Calls()["food_entry.create"]; n != 1 {
				return fmt.Errorf("%d creates; want 1", n)
			}
			return nil
		}},
		{Name: "lost create is found by reading the day", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", LoseAnswer: true, Times: 1}); err != nil {
				return err
			}
			c := e.Client()
			id, created, err := c.EnsureEntry(ctx, user, dinner(), nil)
			if err != nil || created || id == "" || len(e.Server.Entries(user.Key)) != 2 {
				return fmt.Errorf("ensure = %q, %v, %w with %d entries; want the lost one found", id, created, err, len(e.Server.Entries(user.Key)))
			}
			if again, created, err := c.EnsureEntry(ctx, user, dinner(), nil); err != nil || created || again != id {
				return fmt.Errorf("again = %q, %v, %w; want %q", again, created, err, id)
			}
			second, created, err := c.EnsureEntry(ctx, user, dinner(), []string{id})
			if err != nil || !created || second == id {
				return fmt.Errorf("a second helping = %q, %v, %w; want a new entry", second, created, err)
			}
			return nil
		}},
		{Name: "create without effect is tried again", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", Outage: true, Times: 1}); err != nil {
				return err
			}
			_, created, err := e.Client().EnsureEntry(ctx, user, dinner(), nil)
			if err != nil || !created || len(e.Server.Entries(user.Key)) != 2 {
				return fmt.Errorf("ensure = %v, %w with %d entries; want one made", created, err, len(e.Server.Entries(user.Key)))
			}
			return nil
		}},
		{Name: "entry without a name is not sent", Check: func(ctx context.Context, e *Env) error {
			d := dinner()
			d.Name = ""
			_, err := e.Client().CreateEntry(ctx, user, d)
			if err := wantKind(err, fault.InvalidInput, "name"); err != nil || len(e.Server.Requests()) != 0 {
				return fmt.Errorf("%w; %d calls", err, len(e.Server.Requests()))
			}
			return nil
		}},
		{Name: "snack is not a meal", Check: func(ctx context.Context, e *Env) error {
			d := dinner()
			d.Meal = "snack"
			_, err := e.Client().CreateEntry(ctx, user, d)
			return wantKind(err, fault.InvalidInput, "other")
		}},
		{Name: "everything goes in the body", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Client().Profile(ctx, user); err != nil {
				return err
			}
			for _, r := range e.Server.Requests() {
				if r.Verb != http.MethodPost || r.Method != "profile.get" {
					return fmt.Errorf("%s %s; want POST", r.Verb, r.Method)
				}
			}
			return nil
		}},
	}
}
