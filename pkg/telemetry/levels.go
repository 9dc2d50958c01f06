package telemetry

import (
	"log/slog"
	"maps"
	"sync/atomic"
	"time"
)

// Levels are the log levels in force: a default, and DEBUG for some users until it expires.
// Safe for concurrent use.
type Levels struct {
	base  slog.Level
	fixed map[string]time.Time // from the settings: not replaced by SetDebug
	users atomic.Pointer[map[string]time.Time]
}

// NewLevels returns Levels with a default level, and DEBUG for the given users until the given
// times.
func NewLevels(base slog.Level, debug map[string]time.Time) *Levels {
	l := &Levels{base: base, fixed: debug}
	l.SetDebug(nil)
	return l
}

// SetDebug replaces the users whose DEBUG lines are on, with their expiry. Users given to
// [NewLevels] keep DEBUG at least until the time given there.
func (l *Levels) SetDebug(users map[string]time.Time) {
	next := maps.Clone(l.fixed)
	if next == nil {
		next = map[string]time.Time{}
	}
	for user, until := range users {
		if until.After(next[user]) {
			next[user] = until
		}
	}
	l.users.Store(&next)
}

func (l *Levels) of(user string, now time.Time) slog.Level {
	if until, ok := (*l.users.Load())[user]; ok && now.Before(until) {
		return min(slog.LevelDebug, l.base)
	}
	return l.base
}
