// Package account is the use case around a user's account at the tracking service,
// FatSecret: linking it, reading body weight and diary, and writing what the user confirmed
// as eaten. The service's terms allow its content to be kept for less than 24 hours.
package account

import (
	"context"
	"encoding/json"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Accounts are the users' accounts.
type Accounts struct{ Ports }

// New returns accounts on their ports.
func New(p Ports) *Accounts { return &Accounts{p} }

var errOff = fault.New(fault.InvalidConfig, "FatSecret", "is off: set FATSECRET_CONSUMER_KEY and FATSECRET_CONSUMER_SECRET")

// stored is the plaintext form of a sealed token.
type stored struct {
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// Seal encrypts a user's token for storage.
func (a *Accounts) Seal(userID string, t Token) ([]byte, error) {
	b, err := json.Marshal(stored{t.Key, t.Secret.Reveal()})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "seal FatSecret token", err)
	}
	return a.Ring.Seal(seal.Secret(b), keyring.Users.Context(userID)), nil
}

// token decrypts a user's token. Kind NotFound: no account is linked.
func (a *Accounts) token(ctx context.Context, userID string) (Token, error) {
	if a.Service == nil {
		return Token{}, errOff
	}
	sealed, err := a.Users.FatSecretToken(ctx, userID)
	if err != nil {
		return Token{}, err
	}
	if sealed == nil {
		return Token{}, fault.New(fault.NotFound, "FatSecret", "user %q is not connected", userID)
	}
	plain, err := a.Ring.Open(sealed, keyring.Users.Context(userID))
	if err != nil {
		return Token{}, err
	}
	var t stored
	if err := json.Unmarshal([]byte(plain.Reveal()), &t); err != nil {
		return Token{}, fault.New(fault.Internal, "FatSecret", "the stored token of %q cannot be read", userID)
	}
	return Token{t.Key, seal.Secret(t.Secret)}, nil
}

// ConnectURL starts linking a user's account. It returns the URL of the consent page and the
// request token that the callback will carry.
func (a *Accounts) ConnectURL(ctx context.Context, userID string) (agree, requestToken string, err error) {
	if a.Service == nil {
		return "", "", errOff
	}
	if _, err := a.Users.Get(ctx, userID); err != nil {
		return "", "", err
	}
	request, agree, err := a.Service.RequestToken(ctx, a.Callback)
	if err != nil {
		return "", "", err
	}
	sealed := a.Ring.Seal(request.Secret, keyring.Pending.Context(request.Key))
	return agree, request.Key, a.Cache.PutPending(ctx, request.Key, userID, sealed)
}

// Connect completes [Accounts.ConnectURL] with the callback's request token and verifier.
func (a *Accounts) Connect(ctx context.Context, requestToken, verifier string) (userID string, err error) {
	if a.Service == nil {
		return "", errOff
	}
	userID, sealed, err := a.Cache.TakePending(ctx, requestToken)
	if err != nil {
		return "", err
	}
	secret, err := a.Ring.Open(sealed, keyring.Pending.Context(requestToken))
	if err != nil {
		return "", err
	}
	t, err := a.Service.AccessToken(ctx, Token{requestToken, secret}, verifier)
	if err != nil {
		return "", err
	}
	if sealed, err = a.Seal(userID, t); err != nil {
		return "", err
	}
	return userID, a.Users.SetFatSecret(ctx, userID, sealed)
}

// Connected reports whether a user has a usable linked account.
func (a *Accounts) Connected(u user.User) bool { return u.FatSecret && a.Service != nil }

// Check reports whether FatSecret works, by reading the first linked account.
func (a *Accounts) Check(ctx context.Context) (string, error) {
	if a.Service == nil {
		return "off (set FATSECRET_CONSUMER_KEY and FATSECRET_CONSUMER_SECRET to use body weights)", nil
	}
	users, err := a.Users.List(ctx)
	if err != nil {
		return "", err
	}
	for _, u := range users {
		if u.FatSecret {
			_, err := a.read(ctx, u.ID)
			return "answers for " + u.ID, err
		}
	}
	return "keys are set; no user is connected yet (mealplanner user connect ID)", nil
}

// read asks the service for a weight.
func (a *Accounts) read(ctx context.Context, userID string) (float64, error) {
	t, err := a.token(ctx, userID)
	if err != nil {
		return 0, err
	}
	return a.Service.Weight(ctx, t)
}

// Weight returns the user's weight in kilograms: fresh if the service answers in time, else
// cached for less than a day; 0 without an account, which costs no call.
func (a *Accounts) Weight(ctx context.Context, u user.User) (float64, error) {
	if !u.FatSecret {
		return 0, nil
	}
	limited, cancel := context.WithTimeout(ctx, a.Timeout)
	kg, err := a.read(limited, u.ID)
	cancel()
	if err == nil {
		return kg, a.Cache.PutWeight(ctx, u.ID, kg)
	}
	kept, ok, cerr := a.Cache.Weight(ctx, u.ID)
	if cerr != nil || !ok {
		return 0, err
	}
	return kept, nil
}
