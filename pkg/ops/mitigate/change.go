package mitigate

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// change makes the step that gives a setting a value.
func (m *Mitigator) change(name, value string, r Request) (step, error) {
	if r.To != "" {
		value = r.To
	}
	name, err := override.Check(name, value)
	if err != nil {
		return step{}, err
	}
	return step{
		change: fmt.Sprintf("%s: %s -> %s for %s", name, m.current.Current(name), value, r.For),
		do: func(ctx context.Context) (string, error) {
			return "", m.db.Set(ctx, name, value, r.By, r.Reason, r.For)
		},
	}, nil
}

// raise is change for values that grow, lower for those that shrink. A value of the
// measure's own that is no step in that direction leaves nothing to do; one of the
// request's is refused.
func (m *Mitigator) raise(ctx context.Context, name, value string, r Request, need need) (step, error) {
	return m.move(ctx, name, value, r, 1, need)
}

func (m *Mitigator) lower(ctx context.Context, name, value string, r Request, need need) (step, error) {
	return m.move(ctx, name, value, r, -1, need)
}

// need says whether a measure would help, and why or why not.
type need func(ctx context.Context) (needed bool, why string, err error)

func (m *Mitigator) move(ctx context.Context, name, value string, r Request, direction int, need need) (step, error) {
	s, err := m.change(name, value, r)
	if err != nil {
		return step{}, err
	}
	if r.To != "" {
		value = r.To
	}
	if was := m.current.Current(name); direction*compare(value, was) <= 0 {
		if r.To != "" {
			return step{}, fault.New(fault.InvalidInput, "--to", "%s: %s is %s: want %s", r.To, name, was, map[int]string{1: "more", -1: "less"}[direction])
		}
		return step{why: fmt.Sprintf("%s is %s already", name, was)}, nil
	}
	s.needed, s.why, err = need(ctx)
	return s, err
}

// compare orders two values of a setting, numbers or durations.
func compare(a, b string) int {
	if x, err := strconv.Atoi(a); err == nil {
		y, _ := strconv.Atoi(b) // both are of one setting
		return cmp.Compare(x, y)
	}
	x, _ := time.ParseDuration(a) // both were checked
	y, _ := time.ParseDuration(b)
	return cmp.Compare(x, y)
}
