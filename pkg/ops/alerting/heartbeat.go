package alerting

import (
	"context"
	"time"
)

// Pulse is what is known of the heartbeat.
type Pulse struct {
	Last   time.Time     // zero: it was never heard
	Age    time.Duration // since then, by the clock that Last is from
	Silent bool          // its silence was reported
}

// Beats keeps the pulse.
type Beats interface {
	Beat(ctx context.Context) error
	Pulse(ctx context.Context) (Pulse, error)
	SetSilent(ctx context.Context, silent bool) error
}

// Pager pages on-call without Alertmanager. Both methods are idempotent.
type Pager interface {
	Call(ctx context.Context, summary string, since time.Time) error
	CallOff(ctx context.Context) error
}

// Watch calls a person when the heartbeat stops, and takes it back when it is heard
// again. An installation that never had a heartbeat is left alone.
type Watch struct {
	beats   Beats
	pager   Pager
	timeout time.Duration
}

// NewWatch returns a watch; timeout is how long the heartbeat may be silent.
func NewWatch(beats Beats, pager Pager, timeout time.Duration) *Watch {
	return &Watch{beats, pager, timeout}
}

// Look looks once.
func (w *Watch) Look(ctx context.Context) error {
	p, err := w.beats.Pulse(ctx)
	if err != nil || p.Last.IsZero() {
		return err
	}
	switch silent := p.Age > w.timeout; {
	case silent && !p.Silent:
		if err := w.pager.Call(ctx, "Alerting is broken: Alertmanager's heartbeat stopped", p.Last); err != nil {
			return err
		}
		return w.beats.SetSilent(ctx, true)
	case !silent && p.Silent:
		if err := w.pager.CallOff(ctx); err != nil {
			return err
		}
		return w.beats.SetSilent(ctx, false)
	default:
		return nil
	}
}
