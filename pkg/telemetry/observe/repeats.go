package observe

import (
	"sync"
	"time"
)

// repeatedEvery is how often the same error is reported.
const repeatedEvery = 5 * time.Minute

// Repeats throttles the reports of persistent errors. Safe for concurrent use.
type Repeats struct {
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time
}

// NewRepeats returns one that has reported nothing.
func NewRepeats(now func() time.Time) *Repeats {
	return &Repeats{now: now, last: map[string]time.Time{}}
}

// News reports whether the error has not been reported recently, and marks it as reported.
func (r *Repeats) News(failure string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if last, ok := r.last[failure]; ok && now.Sub(last) < repeatedEvery && !now.Before(last) {
		return false
	}
	for t, at := range r.last { // what differs each time must not pile up
		if now.Sub(at) >= repeatedEvery {
			delete(r.last, t)
		}
	}
	r.last[failure] = now
	return true
}
