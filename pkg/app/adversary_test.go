package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// write writes back and says what became certain.
func (s *shared) write() error {
	s.outdate()
	_, err := s.Publish(s.t.Context(), lewis)
	s.settle(err)
	return err
}

// outdate makes the plan one that is to be written.
func (s *shared) outdate() {
	_, err := s.Amend(s.t.Context(), lewis)
	must(s.t, err)
	_, err = s.pool.Exec(s.t.Context(), "update plans set published_at = null, outdated = null")
	must(s.t, err)
}

// settle says what a write-back made certain.
func (s *shared) settle(err error) {
	meals, _ := s.wanted()
	for slot, dish := range s.took {
		if dish == meals[slot] {
			continue
		}
		if delete(s.took, slot); err != nil {
			s.loose[slot] = true
		}
	}
}

// fail breaks the write-back to come.
func (s *shared) fail() string {
	r := faultswitch.Rule{
		Upstream: "tandoor", Method: []string{"", "POST", "DELETE", "GET"}[s.random.IntN(4)], Skip: s.random.IntN(12), Times: 1 + s.random.IntN(3),
		LoseAnswer: true,
	}
	if s.random.IntN(4) == 0 {
		r.LoseAnswer, r.Status = false, http.StatusServiceUnavailable
	}
	_, err := s.box.Faults.Set(r)
	must(s.t, err)
	return fmt.Sprintf("write with %+v", r)
}

// kill ends a write-back in the middle, as when the process dies: with the answer to a
// request that took effect still to come, or before the next request was sent.
func (s *shared) kill() (what string, write func() error) {
	first := s.random.IntN(12)
	lost := s.random.IntN(2) == 0
	if lost {
		_, err := s.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", Skip: first, Times: 1, LoseAnswer: true})
		must(s.t, err)
		first++
	}
	last, err := s.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", Skip: first, LatencyMS: 600_000})
	must(s.t, err)
	return fmt.Sprintf("killed at request %d, answer lost %t", first, lost), func() error {
		s.outdate()
		ctx, die := context.WithCancel(s.t.Context())
		defer die()
		done := make(chan error, 1)
		go func() { _, err := s.Publish(ctx, lewis); done <- err }()
		for {
			select {
			case err := <-done:
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				s.settle(err)
				return err
			case <-time.After(time.Millisecond):
			}
			if slices.ContainsFunc(s.box.Faults.Rules(), func(r faultswitch.Status) bool { return r.ID == last && r.Fired > 0 }) {
				die()
			}
		}
	}
}

func (s *shared) replan(n int) string {
	day := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[s.random.IntN(7)]
	slot := day + " " + []string{"breakfast", "lunch", "dinner"}[s.random.IntN(3)]
	line := []string{"SKIP " + slot, "UNSKIP " + slot, "REGENERATE " + slot, "ADJUST " + slot, "SKIP " + day, "UNSKIP " + day}[s.random.IntN(6)]
	if s.random.IntN(12) == 0 {
		_, err := s.Users.Change(s.t.Context(), lewis, func(u *user.User) error { u.People = 1 + u.People%2; return nil })
		must(s.t, err)
		line += ", other people"
	}
	_, err := s.Click(s.t.Context(), lewis, week, strings.TrimSuffix(line, ", other people"), fmt.Sprint("click ", n))
	must(s.t, err)
	_, err = s.pool.Exec(s.t.Context(), "update steerings set created_at = created_at - interval '2 hours'")
	must(s.t, err)
	return line
}
