package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

type waitCmd struct {
	Addresses []string      `arg:"" name:"address" help:"http:// and https:// must answer with a 2xx status, tcp://host:port must accept a connection, postgres:// must accept the login." placeholder:"URL"`
	Timeout   time.Duration `default:"1m" help:"Give up after this time."`
	Interval  time.Duration `default:"500ms" help:"Time between two attempts."`
}

// Run waits for all addresses at once and says which ones it is still waiting for, and why.
func (c *waitCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	const op = "wait"
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	w := waiter{interval: c.Interval, now: now, out: std.out}
	var probes []probe
	for _, a := range c.Addresses {
		p, err := newProbe(a)
		if err != nil {
			return err
		}
		probes = append(probes, p)
	}
	errs := make([]error, len(probes))
	var wg sync.WaitGroup
	for i, p := range probes {
		wg.Go(func() {
			if err := w.wait(ctx, p); err != nil {
				errs[i] = fault.New(fault.TimeoutError, op, "%s did not answer within %s: %v", p.name, c.Timeout, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

type probe struct {
	name string
	try  func(context.Context) error
}

func newProbe(address string) (probe, error) {
	const op = "wait"
	u, err := url.Parse(address)
	if err != nil {
		return probe{}, fault.New(fault.InvalidInput, op, "an address is not a URL like http://host:port/path")
	}
	switch u.Scheme {
	case "http", "https":
		return probe{u.Redacted(), httpProbe(address)}, nil
	case "tcp":
		return probe{u.Redacted(), tcpProbe(u.Host)}, nil
	case "postgres", "postgresql":
		return probe{u.Redacted(), postgresProbe(address)}, nil
	default:
		return probe{}, fault.New(fault.InvalidInput, op, "%s: want http://, https://, tcp://host:port or postgres://", u.Redacted())
	}
}

// waiter tries probes until they succeed or the context ends.
type waiter struct {
	interval time.Duration
	now      func() time.Time

	mu  sync.Mutex
	out io.Writer
}

// wait returns nil as soon as the probe succeeds, else the last reason why it did not.
func (w *waiter) wait(ctx context.Context, p probe) error {
	const patience = 5 * time.Second // for one attempt
	begin, reason := w.now(), ""
	deadline, _ := ctx.Deadline()
	for {
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := p.try(attempt)
		cancel()
		if err == nil {
			w.say("%s answers after %s", p.name, w.now().Sub(begin).Round(time.Millisecond))
			return nil
		}
		// An attempt that our own deadline ended says nothing; a dialer may notice it first.
		if ctx.Err() == nil && w.now().Before(deadline) && err.Error() != reason {
			reason = err.Error()
			w.say("waiting for %s: %s", p.name, reason)
		}
		select {
		case <-time.After(w.interval):
		case <-ctx.Done():
			if reason == "" {
				return err
			}
			return errors.New(reason)
		}
	}
}

func (w *waiter) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	printf(w.out, format+"\n", args...)
}

// httpProbe goes straight to the server: what is waited for is near, no proxy is between.
func httpProbe(address string) func(context.Context) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return cause(err)
		}
		if err := resp.Body.Close(); err != nil {
			return err
		}
		if resp.StatusCode/100 != 2 {
			return errors.New(resp.Status)
		}
		return nil
	}
}

// cause leaves the address out, which the line names already.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func tcpProbe(host string) func(context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", host)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

func postgresProbe(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return err
		}
		return errors.Join(conn.Ping(ctx), conn.Close(ctx))
	}
}
