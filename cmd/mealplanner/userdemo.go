package main

import (
	"context"
	"io"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type userDemoCmd struct {
	settings
	URL   string      `name:"tandoor-url" env:"SANDBOX_TANDOOR_URL" default:"http://127.0.0.1:8100" help:"Address of the sandbox's Tandoor."`
	Token seal.Secret `name:"tandoor-token" env:"SANDBOX_TANDOOR_TOKEN" required:"" help:"Token of the sandbox's Tandoor." placeholder:"TOKEN"`
}

// Run adds who is missing and plans, mails and prints the weeks that have no plan. A
// second run finds everything done.
func (c *userDemoCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		weeks, err := addPeople(ctx, a, demoWorld{tandoorURL: c.URL, tandoorToken: c.Token.Reveal(), consumerSecret: c.FatSecret.ConsumerSecret.Reveal()})
		if err != nil {
			return err
		}
		balanced, err := planWeeks(ctx, a, std.out, weeks)
		if err != nil {
			return err
		}
		printf(std.out, "%d demo users have a plan for their first week; %d planned now, %d of them balanced\n", len(sandbox.People()), len(weeks), balanced)
		return nil
	})
}

// demoWorld is what the demo users live in: a sandbox, with its secrets. With a strangerURL
// somebody cooks from a library that nobody tidied up.
type demoWorld struct{ tandoorURL, tandoorToken, consumerSecret, strangerURL string }

// people are those who live there.
func (w demoWorld) people() []sandbox.Person {
	if w.strangerURL == "" {
		return sandbox.People()
	}
	return append(sandbox.People(), sandbox.Stranger())
}

// connect adds the libraries.
func (w demoWorld) connect(ctx context.Context, a *app.Services) error {
	for id, url := range map[string]string{sandbox.Connection: w.tandoorURL, sandbox.StrangerConnection: w.strangerURL} {
		if url == "" {
			continue
		}
		if err := a.Users.PutConnection(ctx, recipe.Connection{ID: id, URL: url, Sealed: a.SealTandoor(id, seal.Secret(w.tandoorToken))}); err != nil {
			return err
		}
	}
	return nil
}

// addPeople adds the demo's libraries and users, with what they ask of their first week,
// and returns the first weeks that have no plan.
func addPeople(ctx context.Context, a *app.Services, w demoWorld) (weeks []planner.Request, err error) {
	if err := w.connect(ctx, a); err != nil {
		return nil, err
	}
	tokens := sandbox.Tokens(w.consumerSecret, w.people())
	for _, p := range w.people() {
		u, err := a.Users.Get(ctx, p.ID)
		if fault.KindOf(err) == fault.NotFound {
			if err = addPerson(ctx, a, p, tokens); err == nil {
				u, err = a.Users.Get(ctx, p.ID)
			}
		}
		if err != nil {
			return nil, err
		}
		week, err := planner.NextWeek(u, u.Created)
		if err != nil {
			return nil, err
		}
		if _, err := a.Plans.Get(ctx, p.ID, week); fault.KindOf(err) != fault.NotFound {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := a.Plans.SetWishes(ctx, p.ID, week, p.Wishes(week)); err != nil {
			return nil, err
		}
		weeks = append(weeks, planner.Request{User: p.ID, Week: week})
	}
	return weeks, nil
}

func addPerson(ctx context.Context, a *app.Services, p sandbox.Person, tokens map[string]sandbox.Token) error {
	var sealed []byte
	if t, ok := tokens[p.ID]; ok {
		var err error
		if sealed, err = a.Accounts.Seal(p.ID, account.Token{Key: t.Key, Secret: seal.Secret(t.Secret)}); err != nil {
			return err
		}
	}
	return a.Users.Add(ctx, p.User, sealed)
}

// planWeeks generates and prints the weeks, and delivers the mails that wait.
func planWeeks(ctx context.Context, a *app.Services, out io.Writer, weeks []planner.Request) (balanced int, err error) {
	for _, w := range weeks {
		m, err := a.Generate(ctx, w, nil)
		if err != nil {
			return balanced, err
		}
		printWeek(out, m)
		if m.Week.Status == plan.Balanced {
			balanced++
		}
	}
	_, err = a.Delivery.Drain(ctx)
	return balanced, err
}
