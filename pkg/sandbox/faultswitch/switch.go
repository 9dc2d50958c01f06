package faultswitch

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Switch holds the rules in force. It is safe for concurrent use.
type Switch struct {
	sleep func(context.Context, time.Duration) error

	mu    sync.Mutex
	rng   *rand.Rand
	next  int
	rules []*armed
}

type armed struct {
	Rule
	seen, fired int
}

// Status is a rule in force and how often it fired.
type Status struct {
	Rule
	Fired int `json:"fired"`
}

// New returns a switch without rules. seed makes rates and jitter repeatable; sleep waits
// or returns the context's error.
func New(seed uint64, sleep func(context.Context, time.Duration) error) *Switch {
	return &Switch{sleep: sleep, rng: rand.New(rand.NewPCG(seed, 0))}
}

// Set puts a rule in force, replacing the one with the same ID, and returns its ID.
func (s *Switch) Set(r Rule) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ID == "" {
		s.next++
		r.ID = "fault-" + strconv.Itoa(s.next)
	}
	s.remove(r.ID)
	s.rules = append(s.rules, &armed{Rule: r})
	return r.ID, nil
}

// Clear removes one rule. An unknown ID is an error of kind [fault.NotFound].
func (s *Switch) Clear(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.remove(id) {
		return fault.New(fault.NotFound, "fault rule", "id %q is not in force", id)
	}
	return nil
}

// Reset removes all rules.
func (s *Switch) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Rules lists the rules in force, in the order they were set.
func (s *Switch) Rules() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, 0, len(s.rules))
	for _, a := range s.rules {
		out = append(out, Status{a.Rule, a.fired})
	}
	return out
}

func (s *Switch) remove(id string) bool {
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(a *armed) bool { return a.ID == id })
	return len(s.rules) < before
}

// Effect is what a request suffers: the sum of the rules that fired for it.
type Effect struct {
	Latency            time.Duration
	Status, RetryAfter int
	Outage, LoseAnswer bool
	Body               Body
	SlowFor            time.Duration
}

// Pick decides what happens to one request, counting it. Servers that do not speak HTTP
// (a mail server, say) call it directly.
func (s *Switch) Pick(upstream, method, operation string) Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	var e Effect
	for _, a := range s.rules {
		if !a.matches(upstream, method, operation) || (a.Times > 0 && a.fired >= a.Times) {
			continue
		}
		if a.seen++; a.seen <= a.Skip {
			continue
		}
		if a.Rate > 0 && s.rng.Float64() >= a.Rate {
			continue
		}
		a.fired++
		e.Latency += time.Duration(a.LatencyMS) * time.Millisecond
		if a.JitterMS > 0 {
			e.Latency += time.Duration(s.rng.Float64() * float64(a.JitterMS) * float64(time.Millisecond))
		}
		if a.Status != 0 {
			e.Status, e.RetryAfter = a.Status, a.RetryAfter
		}
		if a.Body != BodyIntact {
			e.Body, e.SlowFor = a.Body, a.slowFor()
		}
		e.Outage = e.Outage || a.Outage
		e.LoseAnswer = e.LoseAnswer || a.LoseAnswer
	}
	return e
}
