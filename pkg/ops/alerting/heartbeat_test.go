package alerting_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
)

const timeout = 5 * time.Minute

var last = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// line is the heartbeat's record and the pager; log is what reached either, in order.
type line struct {
	pulse alerting.Pulse
	log   []string
	fail  map[string]error // by call
}

func (l *line) did(call, what string) error {
	if err := l.fail[call]; err != nil {
		return err
	}
	l.log = append(l.log, what)
	return nil
}

func (l *line) Beat(context.Context) error {
	l.pulse = alerting.Pulse{Last: last.Add(time.Hour), Silent: l.pulse.Silent}
	return nil
}

func (l *line) Pulse(context.Context) (alerting.Pulse, error) { return l.pulse, l.fail["pulse"] }

func (l *line) SetSilent(_ context.Context, silent bool) error {
	err := l.did("silent", fmt.Sprintf("silent %t", silent))
	if err == nil {
		l.pulse.Silent = silent
	}
	return err
}

func (l *line) Call(_ context.Context, summary string, since time.Time) error {
	if !strings.Contains(summary, "heartbeat") || !since.Equal(last) {
		return fmt.Errorf("called about %q since %s", summary, since)
	}
	return l.did("call", "call")
}

func (l *line) CallOff(context.Context) error { return l.did("call off", "call off") }

func (l *line) look(t *testing.T) error {
	t.Helper()
	return alerting.NewWatch(l, l, timeout).Look(t.Context())
}

func TestASilentHeartbeatCallsAPersonOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pulse alerting.Pulse
		want  []string
	}{
		"it was never heard":               {alerting.Pulse{Age: time.Hour}, nil},
		"it is heard":                      {alerting.Pulse{Last: last, Age: time.Minute}, nil},
		"it may just still come":           {alerting.Pulse{Last: last, Age: timeout}, nil},
		"it stopped":                       {alerting.Pulse{Last: last, Age: timeout + 1}, []string{"call", "silent true"}},
		"it stopped and the person knows":  {alerting.Pulse{Last: last, Age: time.Hour, Silent: true}, nil},
		"it is heard again":                {alerting.Pulse{Last: last, Age: time.Minute, Silent: true}, []string{"call off", "silent false"}},
		"it is heard again at the last":    {alerting.Pulse{Last: last, Age: timeout, Silent: true}, []string{"call off", "silent false"}},
		"a record was made and then reset": {alerting.Pulse{Silent: true}, nil},
	} {
		l := &line{pulse: c.pulse}
		if err := l.look(t); err != nil || !slices.Equal(l.log, c.want) {
			t.Errorf("%s: %q, want %q; %v", name, l.log, c.want, err)
		}
	}
}

func TestAStopAndAReturnAreOneCallEach(t *testing.T) {
	t.Parallel()
	l := &line{pulse: alerting.Pulse{Last: last, Age: time.Hour}}
	look := func() {
		for range 3 {
			if err := l.look(t); err != nil {
				t.Fatal(err)
			}
		}
	}
	look()
	if err := l.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	look()
	l.pulse = alerting.Pulse{Last: last, Age: time.Hour}
	look()
	if want := []string{"call", "silent true", "call off", "silent false", "call", "silent true"}; !slices.Equal(l.log, want) {
		t.Errorf("%q, want %q", l.log, want)
	}
}

// What could not be said is said at the next look; what was said but not recorded is said
// again, because a person may be called twice but not never.
func TestACallThatFailsIsMadeAgain(t *testing.T) {
	t.Parallel()
	broken := errors.New("no answer")
	stopped, back := alerting.Pulse{Last: last, Age: time.Hour}, alerting.Pulse{Last: last, Silent: true}
	for name, c := range map[string]struct {
		pulse  alerting.Pulse
		broken string
		first  []string
		second []string
	}{
		"the record does not answer":      {stopped, "pulse", nil, []string{"call", "silent true"}},
		"the pager does not answer":       {stopped, "call", nil, []string{"call", "silent true"}},
		"the call is not recorded":        {stopped, "silent", []string{"call"}, []string{"call", "silent true"}},
		"the pager does not take it back": {back, "call off", nil, []string{"call off", "silent false"}},
		"the taking back is not recorded": {back, "silent", []string{"call off"}, []string{"call off", "silent false"}},
	} {
		l := &line{pulse: c.pulse, fail: map[string]error{c.broken: broken}}
		if err := l.look(t); !errors.Is(err, broken) || !slices.Equal(l.log, c.first) {
			t.Errorf("%s: %q, %v", name, l.log, err)
		}
		l.log, l.fail = nil, nil
		if err := l.look(t); err != nil || !slices.Equal(l.log, c.second) {
			t.Errorf("%s, the next look: %q, %v", name, l.log, err)
		}
	}
}
