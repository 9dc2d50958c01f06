package jobs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/schedule"
)

// settingsEvery is how often runtime settings are read.
const settingsEvery = 3 * time.Second

// Settings are what can be changed while the program runs, on top of its configuration:
//
//	jobs.concurrency          1 to 100
//	jobs.<type>.paused        true or false
//	jobs.<type>.attempts      1 to 10
//	jobs.<type>.timeout       a duration, 1s to 30m
//
// Safe for concurrent use.
type Settings struct {
	concurrency int

	mu    sync.RWMutex
	force map[string]string
}

// NewSettings returns settings that fall back to the configured number of concurrent jobs.
func NewSettings(concurrency int) *Settings { return &Settings{concurrency: concurrency} }

// CheckSetting says whether a runtime setting exists and its value makes sense, and
// returns its canonical name.
func CheckSetting(name, value string) (string, error) {
	bad := func(want string) (string, error) {
		return "", fault.New(fault.InvalidInput, name, "%q: want %s", value, want)
	}
	number := func(least, most int) (string, error) {
		if n, err := strconv.Atoi(value); err != nil || n < least || n > most {
			return bad(fmt.Sprintf("a number from %d to %d", least, most))
		}
		return name, nil
	}
	if name == "jobs.concurrency" {
		return number(1, 100)
	}
	rest, ok := strings.CutPrefix(name, "jobs.")
	kind, what, two := strings.Cut(rest, ".")
	_, err := schedule.ParseType(kind)
	if !ok || !two || err != nil {
		return "", fault.New(fault.InvalidInput, "setting", "%q is none of jobs.concurrency, jobs.TYPE.paused, jobs.TYPE.attempts, jobs.TYPE.timeout", name)
	}
	name = SettingName(name)
	switch what {
	case "paused":
		if value != "true" && value != "false" {
			return bad("true or false")
		}
		return name, nil
	case "attempts":
		return number(1, 10)
	case "timeout":
		if d, err := time.ParseDuration(value); err != nil || d < time.Second || d > 30*time.Minute {
			return bad("a duration from 1s to 30m")
		}
		return name, nil
	default:
		return "", fault.New(fault.InvalidInput, "setting", "%q is none of paused, attempts, timeout", what)
	}
}

// SettingName returns the canonical name of a runtime setting, whose job type may be
// written either way.
func SettingName(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) == 3 {
		if t, err := schedule.ParseType(parts[1]); err == nil {
			parts[1] = string(t)
		}
	}
	return strings.Join(parts, ".")
}

// Read takes over what the database says. A value that makes no sense is left out: it
// was not set by this program.
func (s *Settings) Read(ctx context.Context, store *postgres.Jobs) error {
	rows, err := store.RuntimeSettings(ctx)
	if err != nil {
		return err
	}
	force := map[string]string{}
	for _, r := range rows {
		if name, err := CheckSetting(r.Name, r.Value); err == nil {
			force[name] = r.Value
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.force = force
	return nil
}

func (s *Settings) get(name string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.force[name]
	return v, ok
}

// Concurrency is the most jobs of this process at a time.
func (s *Settings) Concurrency() int {
	if v, ok := s.get("jobs.concurrency"); ok {
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return s.concurrency
}

// IsPaused reports whether jobs of the type are not to begin.
func (s *Settings) IsPaused(t schedule.Type) bool {
	v, _ := s.get("jobs." + string(t) + ".paused")
	return v == "true"
}

// Paused lists the types that are paused.
func (s *Settings) Paused() []string {
	var out []string
	for _, t := range schedule.Types {
		if s.IsPaused(t) {
			out = append(out, string(t))
		}
	}
	return out
}

// Timeout is the limit of one attempt.
func (s *Settings) Timeout(t schedule.Type) time.Duration {
	if v, ok := s.get("jobs." + string(t) + ".timeout"); ok {
		if d, err := time.ParseDuration(v); err == nil {
			return d
		}
	}
	return t.Defaults().Timeout
}

// Attempts is how often a job is tried, given what its schedule says.
func (s *Settings) Attempts(t schedule.Type, scheduled int) int {
	if v, ok := s.get("jobs." + string(t) + ".attempts"); ok {
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return scheduled
}
