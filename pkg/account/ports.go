package account

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Token is access to an account, or a request for it (OAuth 1.0).
type Token struct {
	Key    string
	Secret seal.Secret
}

// Service is the tracking service.
type Service interface {
	// RequestToken starts linking an account: it returns the request token and the URL of the
	// consent page.
	RequestToken(ctx context.Context, callback string) (request Token, agree string, err error)
	// AccessToken exchanges an approved request token for an access token.
	AccessToken(ctx context.Context, request Token, verifier string) (Token, error)
	// Weight returns kilograms, 0 if the account has none.
	Weight(ctx context.Context, t Token) (float64, error)
	// Totals returns the sums of the logged days from first to last, without meals.
	Totals(ctx context.Context, t Token, first, last calendar.Date) ([]insight.Eaten, error)
	// Day returns a day with its meals; nil when nothing is logged.
	Day(ctx context.Context, t Token, d calendar.Date) (*insight.Eaten, error)
	// FindFood returns the food that has exactly the name, with a serving in grams.
	FindFood(ctx context.Context, name string) (FoodRef, error)
	// Log writes an entry once; known are the ids of entries written before.
	Log(ctx context.Context, t Token, e Entry, dish string, amount nutrition.Mass, known []string) (entryID string, err error)
}

// Users stores users and their sealed tokens.
type Users interface {
	// Get returns a user. Kind NotFound.
	Get(ctx context.Context, id string) (user.User, error)
	List(ctx context.Context) ([]user.User, error)
	// FatSecretToken returns the user's sealed token, nil when no account is linked.
	FatSecretToken(ctx context.Context, id string) ([]byte, error)
	SetFatSecret(ctx context.Context, id string, sealed []byte) error
}

// Cache keeps the service's content for less than a day, the requests awaiting consent, and
// the count of the application's calls today.
type Cache interface {
	PutWeight(ctx context.Context, userID string, kg float64) error
	// Weight returns false if no recent enough value is cached.
	Weight(ctx context.Context, userID string) (float64, bool, error)
	PutDay(ctx context.Context, userID string, day insight.Eaten) error
	Days(ctx context.Context, userID string) ([]insight.Eaten, error)
	PutPending(ctx context.Context, requestToken, userID string, sealed []byte) error
	// TakePending removes a request. Kind NotFound.
	TakePending(ctx context.Context, requestToken string) (userID string, sealed []byte, err error)
	// Usage is the share of today's call budget that is used, from 0.
	Usage(ctx context.Context) (float64, error)
}

// Ports are the use case's dependencies.
type Ports struct {
	Service  Service // nil: the application has no keys, FatSecret is off
	Users    Users
	Cache    Cache
	Diary    Diary
	Ring     *seal.Ring
	Callback string // address of the page that finishes linking
	// Timeout is how long a plan waits for a weight.
	Timeout time.Duration
}
