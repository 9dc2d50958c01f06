package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

func wantText(err error, text string) error {
	if text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
		return fmt.Errorf("message %q does not say %q", err, text)
	}
	return nil
}

// listFails is a case in which listing recipes fails in a given way.
func listFails(name string, rule faultswitch.Rule, kind fault.Kind, text string, calls int) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		if _, err := e.Faults.Set(rule); err != nil {
			return err
		}
		_, err := e.Client().Changed(ctx, time.Time{})
		if err := wantKind(err, kind, text); err != nil {
			return err
		}
		if got := e.Faults.Rules()[0].Fired; calls > 0 && got != calls {
			return fmt.Errorf("%d requests; want %d", got, calls)
		}
		return nil
	}}
}

func transport() []Case {
	tokens := func(o *tandoortest.Options) {
		o.Tokens = map[string]tandoortest.Token{
			tandoortest.DefaultToken: {Scope: "read write"}, "reader": {Scope: "read"},
			"late": {Scope: "read write", Expires: Clock.Add(-time.Hour)}, "spaceless": {Scope: "read write", NoSpace: true},
		}
	}
	check := func(name, token string, kind fault.Kind, text string) Case {
		return Case{Name: name, Options: tokens, StandIn: true, Check: func(ctx context.Context, e *Env) error {
			_, err := e.With(e.URL, token, 0).Check(ctx)
			return wantKind(err, kind, text)
		}}
	}
	return []Case{
		check("wrong token is 403 and named", "nonsense", fault.Unauthorized, "wrong or expired"),
		check("expired token is 403 and named", "late", fault.Unauthorized, "wrong or expired"),
		check("token without space is told from a wrong one", "spaceless", fault.Unauthorized, "belongs to a space"),
		{Name: "a proxy that takes the token away is named beside a wrong token", Check: func(ctx context.Context, e *Env) error {
			to, err := url.Parse(e.URL)
			if err != nil {
				return err
			}
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Header.Del("Authorization")
			}})
			defer proxy.Close()
			_, err = e.With(proxy.URL, e.Token, 0).Check(ctx)
			return wantKind(err, fault.Unauthorized, "a proxy takes the Authorization header away")
		}},
		{Name: "missing write scope is told from a wrong token", StandIn: true, Options: tokens, Check: func(ctx context.Context, e *Env) error {
			c := e.With(e.URL, "reader", 0)
			s, err := c.Check(ctx)
			if err != nil || s.CanWrite || s.Space != "Planner demo" || s.Version != tandoortest.Version {
				return fmt.Errorf("check = %+v, %v; want a space that can be read only", s, err)
			}
			_, err = publish.Write(ctx, c, newBook(), week(e))
			return wantKind(err, fault.Unauthorized, "scope")
		}},
		{Name: "check writes nothing", Check: func(ctx context.Context, e *Env) error {
			s, err := e.Client().Check(ctx)
			if err != nil || !s.CanWrite || len(s.Missing) != 0 {
				return fmt.Errorf("check = %+v, %v; want a space that can be written, with all nutrients", s, err)
			}
			for _, r := range e.Requests() {
				if r.Method != http.MethodGet && r.Status < 400 {
					return fmt.Errorf("%s %s changed something", r.Method, r.Path)
				}
			}
			return nil
		}},
		{Name: "versions that are too old are named", StandIn: true, Check: func(ctx context.Context, e *Env) error {
			for version, want := range map[string]string{"1.5.35": "Tandoor 1.x is too old", "2.5.1": "Tandoor 2.5.1 is too old", "2.5.2": "", "2.10.0": "", "3.0": "", "develop": ""} {
				e.standIn().SetVersion(version)
				_, err := e.Client().Check(ctx)
				if want == "" && err != nil {
					return fmt.Errorf("%s: %w", version, err)
				}
				if want != "" {
					if err := wantKind(err, fault.TandoorError, want+": update it to 2.5.2"); err != nil {
						return fmt.Errorf("%s: %w", version, err)
					}
				}
			}
			return nil
		}},
		{Name: "a user without a household is named", StandIn: true, Options: func(o *tandoortest.Options) { o.NoHousehold, o.Users = true, 2 }, Check: func(ctx context.Context, e *Env) error {
			if s, err := e.Client().Check(ctx); err != nil || !s.Alone {
				return fmt.Errorf("check = %+v, %v; want to know that others do not see the plan", s, err)
			}
			return nil
		}},
		{Name: "a household shares what is written", StandIn: true, Options: func(o *tandoortest.Options) { o.Users = 2 }, Check: func(ctx context.Context, e *Env) error {
			if s, err := e.Client().Check(ctx); err != nil || s.Alone {
				return fmt.Errorf("check = %+v, %v; want others to see the plan", s, err)
			}
			return nil
		}},
		{Name: "unknown id is NotFound", Check: func(ctx context.Context, e *Env) error {
			_, _, err := e.Client().Recipe(ctx, absent)
			return wantKind(err, fault.NotFound, "matches the given query")
		}},
		{Name: "list that shrinks while it is read", Check: func(ctx context.Context, e *Env) error {
			// The second page is gone by the time it is asked for.
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "/api/recipe/", Skip: 1, Status: 404}); err != nil {
				return err
			}
			list, err := e.With(e.URL, e.Token, 5).Changed(ctx, time.Time{})
			if err != nil || len(list) != 5 {
				return fmt.Errorf("list = %d, %v; want the 5 recipes that were there", len(list), err)
			}
			return nil
		}},
		{Name: "wrong path redirects to a log-in page", Check: func(ctx context.Context, e *Env) error {
			_, err := e.With(e.URL+"/wrong", e.Token, 0).Changed(ctx, time.Time{})
			if err := wantKind(err, fault.TandoorError, "check the URL"); err != nil {
				return err
			}
			for _, r := range e.Requests() {
				if strings.Contains(r.Path, "login") {
					return errors.New("the redirect was followed")
				}
			}
			return nil
		}},
		{Name: "every path ends with a slash", Check: func(ctx context.Context, e *Env) error {
			if err := exercise(ctx, e); err != nil {
				return err
			}
			for _, r := range e.Requests() {
				asked := r.Method == http.MethodPost && r.Status == 400 // how Check finds out about writing
				if !strings.HasSuffix(r.Path, "/") || r.Status == 302 || (r.Status >= 400 && !asked) {
					return fmt.Errorf("%s %s was answered with %d", r.Method, r.Path, r.Status)
				}
			}
			return nil
		}},
		{Name: "path prefix", StandIn: true, Options: func(o *tandoortest.Options) { o.Prefix = "/cook" }, Check: func(ctx context.Context, e *Env) error {
			for _, url := range []string{e.URL + "/cook", e.URL + "/cook/", e.URL + "/cook/api/"} {
				if list, err := e.With(url, e.Token, 0).Changed(ctx, time.Time{}); err != nil || len(list) != 12 {
					return fmt.Errorf("%s: list = %d, %v; want 12", url, len(list), err)
				}
			}
			return nil
		}},
		{
			Name: "host not allowed", StandIn: true, Options: func(o *tandoortest.Options) { o.AllowedHosts = []string{"tandoor.example"} },
			Check: func(ctx context.Context, e *Env) error {
				_, err := e.Client().Probe(ctx)
				return wantKind(err, fault.TandoorError, "ALLOWED_HOSTS")
			},
		},
		{Name: "something else answers", Check: func(ctx context.Context, e *Env) error {
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"service":"another"}`)) // a client that has gone is not this server's concern
			}))
			defer other.Close()
			_, err := e.With(other.URL, e.Token, 0).Probe(ctx)
			return wantKind(err, fault.TandoorError, "something other than Tandoor")
		}},
		{Name: "probe needs no token", Check: func(ctx context.Context, e *Env) error {
			v, err := e.With(e.URL, "nonsense", 0).Probe(ctx)
			if err != nil || v == "" {
				return fmt.Errorf("probe = %q, %v; want a version", v, err)
			}
			return nil
		}},
		{Name: "bad reference is a 500 page and not tried again", Check: func(ctx context.Context, e *Env) error {
			bad := meal(e, 0, recipe.Dinner, "Dal")
			bad.Recipe = absent
			_, err := e.Client().CreateMeal(ctx, bad, 1)
			if err := wantKind(err, fault.TandoorError, "no longer there"); err != nil {
				return err
			}
			if n := e.count(http.MethodPost, "/api/meal-plan/"); n != 1 {
				return fmt.Errorf("%d attempts; want 1", n)
			}
			return nil
		}},
		listFails("page instead of JSON", faultswitch.Rule{Body: faultswitch.BodyHTML}, fault.TandoorError, "check that the URL", 1),
		listFails("500 page is not retried", faultswitch.Rule{Body: faultswitch.BodyHTML, Status: 500}, fault.TandoorError, "on this very request", 1),
		listFails("500 JSON is Unavailable", faultswitch.Rule{Status: 500}, fault.Unavailable, "", 1),
		listFails("502 while the container migrates", faultswitch.Rule{Status: 502, Body: faultswitch.BodyHTML}, fault.Unavailable, "starting", 2),
		listFails("503", faultswitch.Rule{Status: 503}, fault.Unavailable, "", 2),
		listFails("429 keeps Retry-After", faultswitch.Rule{Status: 429, RetryAfter: 86144}, fault.QuotaExceeded, "23h55m44s", 1),
		listFails("401 is read like 403", faultswitch.Rule{Status: 401}, fault.Unauthorized, "wrong or expired", 1),
		listFails("405 is ours or theirs, not transient", faultswitch.Rule{Status: 405}, fault.TandoorError, "", 1),
		listFails("malformed body", faultswitch.Rule{Body: faultswitch.BodyMalformed}, fault.TandoorError, "not the JSON", 1),
		listFails("oversized body", faultswitch.Rule{Body: faultswitch.BodyOversized}, fault.TandoorError, "too large", 1),
		listFails("connection lost", faultswitch.Rule{Outage: true}, fault.NetworkError, "check the URL and that Tandoor runs", 0),
		{Name: "recovers from one 502", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Status: 502, Times: 1}); err != nil {
				return err
			}
			list, err := e.Client().Changed(ctx, time.Time{})
			if err != nil || len(list) != 12 {
				return fmt.Errorf("list = %d, %v; want 12", len(list), err)
			}
			return nil
		}},
		{Name: "timeout is told as such", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{LatencyMS: 60_000}); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			_, err := e.Client().Changed(ctx, time.Time{})
			return wantKind(err, fault.TimeoutError, "no answer in time")
		}},
		{Name: "slow body counts against the deadline", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Body: faultswitch.BodySlow, SlowForMS: 60_000}); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			_, err := e.Client().Changed(ctx, time.Time{})
			return wantKind(err, fault.TimeoutError, "")
		}},
	}
}
