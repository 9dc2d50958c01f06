package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRepeatBeginsAtOnceAndKeepsTheInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for every, want := range map[time.Duration]int{probeTandoorEvery: 10, probeFatSecretEvery: 5} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute-time.Second)
			n := 0
			repeat(ctx, every, func(context.Context) { n++ })
			cancel()
			if n != want {
				t.Errorf("every %s: %d times in 5 minutes, want %d", every, n, want)
			}
		}
	})
}
