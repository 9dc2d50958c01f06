package recipesync_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

func TestAPoolThatWasFilledIsNotFilledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	w.state.Full = now.AddDate(-1, 0, 0)
	if err := w.service().Ensure(t.Context(), "home", nil); err != nil || len(w.asked) > 0 {
		t.Errorf("asked %d times, %v", len(w.asked), err)
	}
	w.fail = map[string]error{"versions": gone}
	if err := w.service().Ensure(t.Context(), "home", nil); !errors.Is(err, gone) {
		t.Errorf("a database that does not answer: %v", err)
	}
}

func TestAnEmptyPoolIsFilledInFull(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	w.breaks(recipesync.Found{Changed: []recipe.Recipe{{ID: 1}}}, down)
	s := w.service()
	if err := s.Ensure(t.Context(), "home", nil); !errors.Is(err, down) || len(w.recipes) != 1 {
		t.Errorf("%v, pool %v", err, w.recipes)
	}
	w.brings(recipesync.Found{Changed: []recipe.Recipe{{ID: 2}}}, home)
	if err := s.Ensure(t.Context(), "home", nil); err != nil || len(w.recipes) != 2 || !w.asked[1].Full || !w.state.Full.Equal(now) {
		t.Errorf("again: %v, pool %v", err, w.recipes)
	}
	if err := s.Ensure(t.Context(), "home", nil); err != nil || len(w.asked) != 2 {
		t.Errorf("a third time: asked %d times, %v", len(w.asked), err)
	}
}

// slow lets a fetch take a minute.
func (w *world) slow() {
	w.fetch = func(ctx context.Context, ask recipesync.Ask) (recipesync.Found, error) {
		select {
		case <-time.After(time.Minute):
			return recipesync.Found{Changed: []recipe.Recipe{{ID: 1}}}, ask.Guard(home, nil)
		case <-ctx.Done():
			return recipesync.Found{}, ctx.Err()
		}
	}
}

func TestCallersAtTheSameTimeShareOneImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(0)
		w.slow()
		s, errs := w.service(), make(chan error)
		for range 5 {
			go func() { errs <- s.Ensure(t.Context(), "home", nil) }()
		}
		for range 5 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if len(w.asked) != 1 || len(w.applied) != 1 {
			t.Errorf("asked %d times, stored %d times", len(w.asked), len(w.applied))
		}
	})
}

// The first caller's end, by cancellation or deadline, is no other caller's.
func TestACallerThatLeavesTakesTheImportFromNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(0)
		w.slow()
		s, first, second := w.service(), make(chan error, 1), make(chan error, 1)
		brief, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		go func() { first <- s.Ensure(brief, "home", nil) }()
		synctest.Wait()
		go func() { second <- s.Ensure(t.Context(), "home", nil) }()
		begin := time.Now()
		if err := <-first; fault.KindOf(err) != fault.TimeoutError || time.Since(begin) != 10*time.Second {
			t.Errorf("the first left after %s with %v", time.Since(begin), err)
		}
		if err := <-second; err != nil || time.Since(begin) != time.Minute || len(w.asked) != 1 || len(w.recipes) != 1 {
			t.Errorf("the second got %v after %s; asked %d times, pool %v", err, time.Since(begin), len(w.asked), w.recipes)
		}
	})
}

func TestAnImportEndsWhenNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(0)
		w.slow()
		s, errs := w.service(), make(chan error)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		for range 2 {
			go func() { errs <- s.Ensure(ctx, "home", nil) }()
		}
		for range 2 {
			if err := <-errs; fault.KindOf(err) != fault.TimeoutError && fault.KindOf(err) != fault.Canceled {
				t.Error(err)
			}
		}
		if waited := time.Since(begin); waited != 10*time.Second || len(w.failed) != 1 {
			t.Errorf("it ended after %s with %v", waited, w.failed)
		}
		if err := s.Ensure(t.Context(), "home", nil); err != nil || len(w.asked) != 2 {
			t.Errorf("the next caller's: %v, asked %d times", err, len(w.asked))
		}
	})
}

// An import that nobody waits for any more takes a while to end; who comes then has a new one.
func TestAnImportThatEndsIsNotJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(0)
		w.fetch = func(ctx context.Context, ask recipesync.Ask) (recipesync.Found, error) {
			if len(w.asked) > 1 {
				return recipesync.Found{Changed: []recipe.Recipe{{ID: 1}}}, ask.Guard(home, nil)
			}
			<-ctx.Done()
			<-time.After(time.Minute)
			return recipesync.Found{}, ctx.Err()
		}
		s, first := w.service(), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { first <- s.Ensure(ctx, "home", nil) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if err := s.Ensure(t.Context(), "home", nil); err != nil || len(w.recipes) != 1 {
			t.Errorf("the second: %v, pool %v", err, w.recipes)
		}
		if err := <-first; fault.KindOf(err) != fault.Canceled {
			t.Errorf("the first: %v", err)
		}
	})
}
