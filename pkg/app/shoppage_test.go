package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/pagetest"
)

// In a real browser: ticks are stored without a reload, and what somebody else adds appears by
// itself. With the program down the list is still there, and what is ticked then is stored once
// the program is back.
func TestTheShoppingListInABrowser(t *testing.T) {
	t.Parallel()
	addr := loopback.Addr(t)
	at := func(c *config.Config) { c.Web.APIAddr, c.Web.PublicURL, c.Web.RateLimit = addr, "http://"+addr, 0 }
	lewis := sandbox.People()[0]
	w := newWorld(t, options{people: []sandbox.Person{lewis}, change: at})
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	token, err := w.SignIns.Link(t.Context(), lewis.ID)
	must(t, err)
	b, path := pagetest.Start(t), "http://"+addr+"/shopping/"+week.String()
	b.Visit(t, w.Links.SignIn(token))
	b.Click(t, "form button")
	b.Await(t, "Shopping list")
	b.Visit(t, path)
	b.Await(t, "left to buy")
	pool := w.pool(t)
	const ticks = "select count(*) from shopping_ticks"

	b.Click(t, "li:nth-child(1) > form > button.check")
	b.Click(t, "li:nth-child(2) > form > button.check")
	await(t, pool, 2, ticks)
	_, err = postgres.NewShopping(pool).Add(t.Context(), lewis.ID, week, "two bottles of beer", 1)
	must(t, err)
	b.Await(t, "two bottles of beer")

	b.AwaitScript(t, "navigator.serviceWorker.controller !== null")
	b.Visit(t, path) // the worker keeps it now
	b.Await(t, "left to buy")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	must(t, w.Stop(ctx)) // although a browser watches
	b.Visit(t, path)
	b.Await(t, "two bottles of beer")
	b.Click(t, "li:nth-child(3) > form > button.check")
	b.Await(t, "No connection")
	again := newWorld(t, options{database: w.cfg.Database.URL.Reveal(), change: at})
	must(t, again.Start(t.Context()))
	await(t, pool, 3, ticks)
}
