package app

import (
	"testing"
	"time"
)

// The first failure in a row is logged, then one every five minutes; one that follows a
// success is the first again.
func TestComplaints(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	c := complaints{now: func() time.Time { return now }}
	if c.over() {
		t.Error("nothing has failed yet")
	}
	for i, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {time.Minute, false}, {4*time.Minute - time.Second, false}, {time.Second, true}, {time.Minute, false}} {
		now = now.Add(step.after)
		if got := c.due(); got != step.want {
			t.Errorf("failure %d: logged: %t, want %t", i+1, got, step.want)
		}
	}
	if !c.over() || c.over() {
		t.Error("the row ends once")
	}
	if !c.due() {
		t.Error("the first failure after a success is not logged")
	}
}
