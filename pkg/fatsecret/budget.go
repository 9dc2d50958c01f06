package fatsecret

import "context"

// Budget hands out the application's calls of a day. Take returns an error of kind
// QuotaExceeded when fewer than n are left, and then takes none.
type Budget interface {
	Take(ctx context.Context, n int) error
}
