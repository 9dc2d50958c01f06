package app

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/weights"
)

// fatsecretAccounts reads users' FatSecret accounts with their stored tokens, and
// connects new ones. Without the application's keys it is off.
type fatsecretAccounts struct {
	app    *App
	client *fatsecret.Client // nil: off
	store  *postgres.FatSecret
}

var _ weights.Service = (*fatsecretAccounts)(nil)

func newFatSecret(a *App, store *postgres.FatSecret) (*fatsecretAccounts, error) {
	f := &fatsecretAccounts{app: a, store: store}
	c := a.opts.Config.FatSecret
	if c.ConsumerKey == "" {
		return f, nil
	}
	auth := strings.TrimRight(c.AuthURL, "/")
	var err error
	f.client, err = fatsecret.New(fatsecret.Config{
		ConsumerKey: c.ConsumerKey, ConsumerSecret: c.ConsumerSecret,
		URL: c.APIURL, RequestTokenURL: auth + "/request_token", AuthorizeURL: auth + "/authorize", AccessTokenURL: auth + "/access_token",
		HTTP:   resilient.NewClient(a.upstreams.transport(fatsecretTransport()), c.Timeout),
		Budget: store, Observe: a.upstreams.observe("fatsecret"), Now: a.opts.Now,
	})
	return f, err
}

// fatsecretTransport leaves further attempts and their observation to the client, which
// signs each anew and reads the errors inside HTTP 200.
func fatsecretTransport() resilient.Options {
	opt := resilient.Defaults("fatsecret")
	opt.Failed, opt.Retry.Tries = fatsecret.Failed, 1
	return opt
}

var errFatSecretOff = fault.New(fault.InvalidConfig, "FatSecret", "is off: set FATSECRET_CONSUMER_KEY and FATSECRET_CONSUMER_SECRET")

// storedToken is a user's token as it is sealed.
type storedToken struct {
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// SealFatSecret encrypts a user's token for storage.
func (a *App) SealFatSecret(userID string, t fatsecret.Token) ([]byte, error) {
	b, err := json.Marshal(storedToken{t.Key, t.Secret.Reveal()})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "seal FatSecret token", err)
	}
	return a.ring.Seal(seal.Secret(b), keyring.Users.Context(userID)), nil
}

func (f *fatsecretAccounts) token(ctx context.Context, userID string) (fatsecret.Token, error) {
	sealed, err := f.app.Users.FatSecretToken(ctx, userID)
	if err != nil {
		return fatsecret.Token{}, err
	}
	if sealed == nil {
		return fatsecret.Token{}, fault.New(fault.NotFound, "FatSecret", "user %q is not connected", userID)
	}
	plain, err := f.app.ring.Open(sealed, keyring.Users.Context(userID))
	if err != nil {
		return fatsecret.Token{}, err
	}
	var t storedToken
	if err := json.Unmarshal([]byte(plain.Reveal()), &t); err != nil {
		return fatsecret.Token{}, fault.New(fault.Internal, "FatSecret", "the stored token of %q cannot be read", userID)
	}
	return fatsecret.Token{Key: t.Key, Secret: seal.Secret(t.Secret)}, nil
}

// Weight implements [weights.Service].
func (f *fatsecretAccounts) Weight(ctx context.Context, u user.User) (float64, error) {
	if f.client == nil {
		return 0, errFatSecretOff
	}
	t, err := f.token(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	p, err := f.client.Profile(ctx, t)
	return p.LastWeightKg, err
}

// ConnectURL begins connecting a user's FatSecret account and returns where they agree,
// and the request token that the callback will name.
func (a *App) ConnectURL(ctx context.Context, userID string) (url, requestToken string, err error) {
	f := a.accounts
	if f.client == nil {
		return "", "", errFatSecretOff
	}
	if _, err := a.Users.Get(ctx, userID); err != nil {
		return "", "", err
	}
	request, err := f.client.RequestToken(ctx, a.Links.Base+"/fatsecret/callback")
	if err != nil {
		return "", "", err
	}
	sealed := a.ring.Seal(request.Secret, keyring.Pending.Context(request.Key))
	if err := f.store.PutPending(ctx, request.Key, userID, sealed); err != nil {
		return "", "", err
	}
	return f.client.AuthorizeURL(request), request.Key, nil
}

// Connected finishes what [App.ConnectURL] began: FatSecret's callback brought the
// request token and a verifier.
func (a *App) Connected(ctx context.Context, requestToken, verifier string) (userID string, err error) {
	f := a.accounts
	if f.client == nil {
		return "", errFatSecretOff
	}
	userID, sealed, err := f.store.TakePending(ctx, requestToken)
	if err != nil {
		return "", err
	}
	secret, err := a.ring.Open(sealed, keyring.Pending.Context(requestToken))
	if err != nil {
		return "", err
	}
	t, err := f.client.AccessToken(ctx, fatsecret.Token{Key: requestToken, Secret: secret}, verifier)
	if err != nil {
		return "", err
	}
	if sealed, err = a.SealFatSecret(userID, t); err != nil {
		return "", err
	}
	return userID, a.Users.SetFatSecret(ctx, userID, sealed)
}

// CheckFatSecret says whether FatSecret can be used: the first connected account is read.
func (a *App) CheckFatSecret(ctx context.Context) (string, error) {
	if a.accounts.client == nil {
		return "off (set FATSECRET_CONSUMER_KEY and FATSECRET_CONSUMER_SECRET to use body weights)", nil
	}
	users, err := a.Users.List(ctx)
	if err != nil {
		return "", err
	}
	for _, u := range users {
		if u.FatSecret {
			_, err := a.accounts.Weight(ctx, u)
			return "answers for " + u.ID, err
		}
	}
	return "keys are set; no user is connected yet (mealplanner user connect ID)", nil
}
