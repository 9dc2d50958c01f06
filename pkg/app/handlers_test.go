package app

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/sony/gobreaker/v2"
)

func TestWhatRanOutOfTimeWasNotHeldBack(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	open := fmt.Errorf("tandoor: %w", gobreaker.ErrOpenState)
	for name, c := range map[string]struct {
		ctx  context.Context
		err  error
		want bool
	}{
		"the breaker is open":                       {t.Context(), open, true},
		"the time was over when the breaker opened": {over, errors.Join(open, over.Err()), false},
		"an answer that failed":                     {t.Context(), errors.New("status 503"), false},
		"success":                                   {t.Context(), nil, false},
	} {
		if got := heldBack(c.ctx, c.err); got != c.want {
			t.Errorf("%s: held back %t", name, got)
		}
	}
}
