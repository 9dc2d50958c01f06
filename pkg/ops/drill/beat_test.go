package drill_test

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// Alertmanager was stopped half a minute after a stack had come up, before its first heartbeat,
// and nobody missed it.
func TestOnlyAnAlertmanagerThatWasHeardIsMissed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exec(t, s.DB, "delete from alert_heartbeat")
	waits := make(chan string)
	s.Waiting = func(what string) { waits <- what }
	done := make(chan error, 1)
	inject := func(ctx context.Context) {
		_, err := lookup(t, "watchdog").Inject(ctx, s.Installation)
		done <- err
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	go inject(ctx)
	if what := <-waits; !strings.Contains(what, "heartbeat") {
		t.Errorf("it waits for %s", what)
	}
	cancel(over)
	if err := <-done; !errors.Is(err, over) || s.touched {
		t.Errorf("never heard: %v, stopped %t", err, s.touched)
	}
	go inject(t.Context())
	<-waits
	exec(t, s.DB, "insert into alert_heartbeat (last_beat) values (now())")
	if err := <-done; err != nil || s.disabled["alertmanager"] != "stopped" {
		t.Errorf("heard: %v, %v", err, s.disabled)
	}
}
