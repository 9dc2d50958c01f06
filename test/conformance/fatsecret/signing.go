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
		clockSetByAnother(),
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

// clockSetByAnother has a process whose own clock is days off take turns with one whose
// clock is right, call by call through a few seconds. The Date header tells the first the
// time only to the second; it must not stay behind the other for that.
func clockSetByAnother() Case {
	var mu sync.Mutex
	at := Clock.Add(700 * time.Millisecond)
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	check := func(ctx context.Context, e *Env) error {
		const steps, allowed = 12, 3 // one to set the wrong clock, two until both lead alike
		wrong := e.With(func(s *Settings) { s.Now = func() time.Time { return now().Add(-50 * time.Hour) } })
		right := e.With(func(s *Settings) { s.Now = now })
		before := len(e.Server.Requests())
		for range steps {
			for _, c := range []Client{wrong, right} {
				if _, err := c.Profile(ctx, user); err != nil {
					return err
				}
			}
			mu.Lock()
			at = at.Add(350 * time.Millisecond)
			mu.Unlock()
		}
		if n := len(e.Server.Requests()) - before - 2*steps; n > allowed {
			return fmt.Errorf("%d of the calls were refused; want at most %d", n, allowed)
		}
		return nil
	}
	return Case{Name: "a clock set by the server keeps up with a right one", Options: func(o *fatsecrettest.Options) { o.Now = now }, Check: check}
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
