package app

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// newAccounts returns the users' FatSecret accounts, which are off without the
// application's keys.
func (a *App) newAccounts(store *postgres.FatSecret, diary *postgres.Diary) (*account.Accounts, error) {
	c := a.opts.Config.FatSecret
	ports := account.Ports{
		Users: a.s.Users, Cache: store, Diary: diary, Ring: a.s.ring,
		Callback: a.s.Links.Base + "/fatsecret/callback", Timeout: a.opts.Config.Generation.UpstreamTimeout,
	}
	if c.ConsumerKey == "" {
		return account.New(ports), nil
	}
	auth := strings.TrimRight(c.AuthURL, "/")
	client, err := fatsecret.New(fatsecret.Config{
		ConsumerKey: c.ConsumerKey, ConsumerSecret: c.ConsumerSecret,
		URL: c.APIURL, RequestTokenURL: auth + "/request_token", AuthorizeURL: auth + "/authorize", AccessTokenURL: auth + "/access_token",
		HTTP:   resilient.NewClient(a.transport(fatsecretTransport(), a.reaching(recipe.Connection{})), c.Timeout),
		Budget: store, Observe: a.observeCalls("fatsecret"), Now: a.opts.Now,
	})
	ports.Service = fatsecret.NewTracker(client)
	return account.New(ports), err
}

// fatsecretTransport leaves retries and their observation to the client, which signs each
// attempt separately and reads the errors inside HTTP 200.
func fatsecretTransport() resilient.Options {
	opt := resilient.Defaults("fatsecret")
	opt.Failed, opt.Retry.Tries = fatsecret.Failed, 1
	return opt
}
