package loop_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
)

var errBug = errors.New("a bug")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at returns when work is done, in seconds from the beginning; the third call takes long.
func at(t *testing.T, lasts time.Duration, wake <-chan struct{}, long time.Duration) (out []float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	begin := time.Now()
	loop.Woken(ctx, time.Second, wake, func(context.Context) {
		if out = append(out, time.Since(begin).Seconds()); len(out) == 3 {
			time.Sleep(long)
		}
	})
	return out
}

func TestWorkIsDoneAtOnceAndAtTheInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if got := at(t, 3500*time.Millisecond, nil, 0); !slices.Equal(got, []float64{0, 1, 2, 3}) {
			t.Errorf("%v", got)
		}
	})
}

func TestMissedIntervalsAreMadeUpForByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if got := at(t, 7500*time.Millisecond, nil, 3500*time.Millisecond); !slices.Equal(got, []float64{0, 1, 2, 5.5, 6, 7}) {
			t.Errorf("%v", got)
		}
	})
}

func TestWakeDoesItBeforeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		go func() {
			time.Sleep(1200 * time.Millisecond)
			wake <- struct{}{}
		}()
		if got := at(t, 2500*time.Millisecond, wake, 0); !slices.Equal(got, []float64{0, 1, 1.2, 2}) {
			t.Errorf("%v", got)
		}
	})
}

func TestNothingIsDoneAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	loop.Every(ctx, time.Second, func(context.Context) { t.Error("it was done") })
}

// The error of work that the end of ctx cut short is nobody's news; a panic is an error.
func TestReporting(t *testing.T) {
	t.Parallel()
	var heard []error
	wrong := errors.New("wrong")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range []error{wrong, nil, errBug, context.Canceled} {
		loop.Reporting("work", func(context.Context) error {
			switch {
			case errors.Is(err, errBug):
				panic(err)
			case errors.Is(err, context.Canceled):
				cancel()
			}
			return err
		}, func(_ context.Context, err error) { heard = append(heard, err) })(ctx)
	}
	if len(heard) != 2 || !errors.Is(heard[0], wrong) || !errors.Is(heard[1], errBug) {
		t.Errorf("%v", heard)
	}
}
