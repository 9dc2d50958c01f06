package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Four things that stand still take as long as one, and are told in the order of the checks.
func TestChecksAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		still := func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		fine := func(context.Context) (string, error) { return "fine", nil }
		var told []string
		begin := time.Now()
		failed := inspect(t.Context(), []check{{"database", fine}, {"tandoor", still}, {"disk", fine}, {"fatsecret", still}, {"replies", still}, {"mail", still}}, func(name string, err error, detail string) {
			if name += " " + detail; errors.Is(err, context.DeadlineExceeded) {
				name += "still"
			}
			if told = append(told, name); len(told) == 1 && time.Since(begin) > 0 {
				t.Error("what is known first is told late")
			}
		})
		if took := time.Since(begin); took != checkTime || failed != 4 {
			t.Errorf("%d failed, in %s", failed, took)
		}
		if want := []string{"database fine", "tandoor still", "disk fine", "fatsecret still", "replies still", "mail still"}; !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
	})
}
