package override_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// values are what a store has.
type values map[string]string

func (v values) Values(context.Context) (map[string]string, error) { return v, nil }

type broken struct{ error }

func (b broken) Values(context.Context) (map[string]string, error) { return nil, b.error }

var configured = override.Configured{Concurrency: 5, GenerationTimeout: 10 * time.Second, APIPool: 10, SchedulerPool: 20}

func runtime(t *testing.T, v values) *override.Runtime {
	t.Helper()
	r := override.New(configured)
	if err := r.Read(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSettingsTakeWhatTheirBoundsAllow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ good, bad []string }{
		"jobs.concurrency":               {[]string{"1", "100"}, []string{"0", "101", "", "many", "1.5", "-1"}},
		"database.api_pool":              {[]string{"4", "200"}, []string{"3", "201", "x"}},
		"database.scheduler_pool":        {[]string{"4", "200"}, []string{"3", "201", "x"}},
		"generation.timeout":             {[]string{"100ms", "1m", "60s"}, []string{"99ms", "61s", "5", ""}},
		"jobs.WeeklyGeneration.paused":   {[]string{"true", "false"}, []string{"yes", "", "1", "TRUE"}},
		"jobs.WeeklyGeneration.attempts": {[]string{"1", "10"}, []string{"0", "11"}},
		"jobs.WeeklyGeneration.timeout":  {[]string{"1s", "30m"}, []string{"999ms", "31m"}},
	} {
		for _, v := range c.good {
			if got, err := override.Check(name, v); got != name || err != nil {
				t.Errorf("%s = %q: %q, %v", name, v, got, err)
			}
		}
		for _, v := range c.bad {
			if _, err := override.Check(name, v); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "want") {
				t.Errorf("%s = %q: %v", name, v, err)
			}
		}
	}
}

func TestSettingsThatDoNotExist(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"": "not one of", "jobs": "not one of", "jobs.Nonsense.paused": "not one of", "jobs.WeeklyGeneration": "not one of", "jobs.WeeklyGeneration.paused.now": "not one of",
		"tasks.WeeklyGeneration.paused": "not one of", "jobs.WeeklyGeneration.speed": "paused, attempts, timeout", "database.pool": "jobs.concurrency",
	} {
		if got, err := override.Check(name, "true"); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), says) || got != "" {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if got := runtime(t, nil).Current("database.pool"); got != "" {
		t.Errorf("one has the value %q", got)
	}
}

func TestAJobTypeMayBeWrittenEitherWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"jobs.weekly_generation.paused", "jobs.WeeklyGeneration.paused"} {
		if got, err := override.Check(name, "true"); got != "jobs.WeeklyGeneration.paused" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if !runtime(t, values{name: "true"}).IsPaused(schedule.WeeklyGeneration) {
			t.Errorf("%s has no effect", name)
		}
		if got := runtime(t, nil).Current(name); got != "false" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := override.Of(schedule.WeeklyGeneration, "paused"); got != "jobs.WeeklyGeneration.paused" {
		t.Errorf("%q", got)
	}
}

// Every setting, as configured and overridden.
func TestEverySettingHoldsUntilItIsOverridden(t *testing.T) {
	t.Parallel()
	type row struct{ name, set, configured string }
	rows := []row{
		{override.Concurrency, "7", "5"}, {override.GenerationTimeout, "1s", "10s"}, {override.APIPool, "33", "10"}, {override.SchedulerPool, "44", "20"},
	}
	for _, typ := range schedule.Types {
		d := typ.Defaults()
		rows = append(rows, row{override.Of(typ, "paused"), "true", "false"}, row{override.Of(typ, "attempts"), "9", strconv.Itoa(d.Attempts)}, row{override.Of(typ, "timeout"), "7m0s", d.Timeout.String()})
	}
	for _, c := range rows {
		is, was := runtime(t, values{c.name: c.set}), runtime(t, nil)
		if got := was.Current(c.name); got != c.configured {
			t.Errorf("%s is configured as %q, want %q", c.name, got, c.configured)
		}
		if got := is.Current(c.name); got != c.set {
			t.Errorf("%s is %q, want %q", c.name, got, c.set)
		}
		for _, other := range rows {
			if got := is.Current(other.name); other.name != c.name && got != other.configured {
				t.Errorf("%s changed %s to %q", c.name, other.name, got)
			}
		}
		if err := is.Read(t.Context(), values{}); err != nil || is.Current(c.name) != c.configured {
			t.Errorf("%s ended, and is %q; %v", c.name, is.Current(c.name), err)
		}
	}
}

func TestWhatIsReadIsUsed(t *testing.T) {
	t.Parallel()
	r := runtime(t, values{
		override.Concurrency: "7", override.GenerationTimeout: "1s", override.APIPool: "33", override.SchedulerPool: "44",
		"jobs.AutoSync.paused": "true", "jobs.DailyAdvisor.paused": "false", "jobs.AutoSync.attempts": "9", "jobs.AutoSync.timeout": "7m",
	})
	if r.Concurrency() != 7 || r.GenerationTimeout() != time.Second || r.PoolSize("api") != 33 || r.PoolSize("scheduler") != 44 {
		t.Errorf("%d, %s, %d, %d", r.Concurrency(), r.GenerationTimeout(), r.PoolSize("api"), r.PoolSize("scheduler"))
	}
	if !r.IsPaused(schedule.AutoSync) || r.IsPaused(schedule.DailyAdvisor) || fmt.Sprint(r.Paused()) != "[AutoSync]" {
		t.Errorf("paused are %v", r.Paused())
	}
	if r.Attempts(schedule.AutoSync, 2) != 9 || r.Attempts(schedule.DailyAdvisor, 2) != 2 || r.Timeout(schedule.AutoSync) != 7*time.Minute {
		t.Errorf("%d, %d, %s", r.Attempts(schedule.AutoSync, 2), r.Attempts(schedule.DailyAdvisor, 2), r.Timeout(schedule.AutoSync))
	}
}

func TestAPoolIsNeverSmallerThanConfigured(t *testing.T) {
	t.Parallel()
	r := runtime(t, values{override.APIPool: "4", override.SchedulerPool: "19"})
	if r.PoolSize("api") != 10 || r.PoolSize("scheduler") != 20 {
		t.Errorf("%d, %d", r.PoolSize("api"), r.PoolSize("scheduler"))
	}
}

func TestValuesThatMakeNoSenseAreLeftOut(t *testing.T) {
	t.Parallel()
	r := runtime(t, values{override.Concurrency: "1000", override.GenerationTimeout: "soon", override.APIPool: "0", "jobs.AutoSync.paused": "yes", "nonsense": "1", override.SchedulerPool: "30"})
	if r.Concurrency() != 5 || r.GenerationTimeout() != 10*time.Second || r.PoolSize("api") != 10 || r.Paused() != nil || r.PoolSize("scheduler") != 30 {
		t.Errorf("%d, %s, %d, %v, %d", r.Concurrency(), r.GenerationTimeout(), r.PoolSize("api"), r.Paused(), r.PoolSize("scheduler"))
	}
}

func TestWhenTheStoreDoesNotAnswerTheSettingsStay(t *testing.T) {
	t.Parallel()
	r := runtime(t, values{override.Concurrency: "7"})
	down := errors.New("gone")
	if err := r.Read(t.Context(), broken{down}); !errors.Is(err, down) || r.Concurrency() != 7 {
		t.Errorf("%v, %d", err, r.Concurrency())
	}
}

func TestSettingsAreReadWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	r := override.New(configured)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if err := r.Read(t.Context(), values{override.Concurrency: "7"}); err != nil {
					t.Error(err)
				}
				if n := r.Concurrency(); n != 7 {
					t.Errorf("%d", n)
				}
			}
		})
	}
	all.Wait()
}
