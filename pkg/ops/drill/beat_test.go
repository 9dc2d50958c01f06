package drill_test

import (
	"context"
	"errors"
	"testing"
)

// Alertmanager was stopped half a minute after a stack had come up, before its first heartbeat,
// and nobody missed it.
func TestOnlyAnAlertmanagerThatWasHeardIsMissed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exec(t, s.DB, "delete from alert_heartbeat")
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	done := make(chan error, 1)
	go func() {
		_, err := lookup(t, "watchdog").Inject(ctx, s.Installation)
		done <- err
	}()
	cancel(over)
	if err := <-done; !errors.Is(err, over) || s.touched {
		t.Errorf("never heard: %v, stopped %t", err, s.touched)
	}
	go func() {
		_, err := lookup(t, "watchdog").Inject(t.Context(), s.Installation)
		done <- err
	}()
	exec(t, s.DB, "insert into alert_heartbeat (last_beat) values (now())")
	if err := <-done; err != nil || s.disabled["alertmanager"] != "stopped" {
		t.Errorf("heard: %v, %v", err, s.disabled)
	}
}
