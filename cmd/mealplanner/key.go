package main

import (
	"cmp"
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/web"
)

type keyCmd struct {
	List   keyListCmd   `cmd:"" default:"1" help:"List the keys of MEALPLANNER_KEY and of the database, with what needs each."`
	Add    keyAddCmd    `cmd:"" help:"Put the newest key of MEALPLANNER_KEY into use and reseal what older keys sealed."`
	Retire keyRetireCmd `cmd:"" help:"Retire a key that is no longer needed."`
}

// withKeys runs fn with the keys alone: they must be reached also when the program cannot
// start because of them.
func (s settings) withKeys(ctx context.Context, fn func(*keyring.Service, *seal.Ring) error) error {
	if err := s.Check(); err != nil {
		return err
	}
	ring, err := seal.ParseRing(s.Security.Key)
	if err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, postgres.Options{URL: s.Database.URL.Reveal(), Pool: "keys", MaxConns: 2})
	if err != nil {
		return err
	}
	defer pool.Close()
	if n, err := postgres.Pending(ctx, pool); err != nil {
		return err
	} else if n > 0 {
		return fault.New(fault.Unavailable, "database", "the schema lacks migrations (%d): run `mealplanner migrate`", n)
	}
	return fn(keyring.New(postgres.NewKeys(pool), ring, web.LongestLink), ring)
}

type keyListCmd struct {
	settings
	output
}

// Run lists keys.
func (c *keyListCmd) Run(ctx context.Context, std *streams) error {
	return c.withKeys(ctx, func(s *keyring.Service, _ *seal.Ring) error {
		known, err := s.List(ctx)
		if err != nil {
			return err
		}
		l := newListing("", "key", "state", "added", "libraries", "users", "links_until", "processes")
		for _, k := range known {
			l.add(shown{k.ID, cmp.Or(string(k.ID), "unknown")}, k.State, onDay(k.Added), k.Sealed[keyring.Connections],
				k.Sealed[keyring.Users]+k.Sealed[keyring.Pending]+k.Sealed[keyring.Webhooks], onDay(k.Links), k.Processes)
		}
		return c.list(std, l)
	})
}

// onDay shows the date of a time alone.
func onDay(t *time.Time) shown {
	if t == nil {
		return shown{}
	}
	return shown{t, t.UTC().Format(time.DateOnly)}
}

type keyAddCmd struct {
	settings
	Lost bool `help:"Start over although no key opens the stored tokens: every account must then be reconnected."`
}

// Run rotates.
func (c *keyAddCmd) Run(ctx context.Context, std *streams) error {
	return c.withKeys(ctx, func(s *keyring.Service, ring *seal.Ring) error {
		done, err := s.Add(ctx, c.Lost, func(line string) { printLine(std.err, line) })
		if done.Resealed > 0 {
			printf(std.out, "sealed %s with %s\n", counted(done.Resealed, "stored token"), done.Key)
		}
		printLost(std, done.Lost)
		if err != nil {
			return err
		}
		if done.Was != "" {
			printf(std.out, "%s is in use instead of %s, which links in mails still need: leave it in MEALPLANNER_KEY (`mealplanner key list` says how long)\n", done.Key, done.Was)
			return nil
		}
		printf(std.out, "%s, the newest key of MEALPLANNER_KEY, is in use\n", done.Key)
		if len(ring.IDs()) == 1 {
			printLine(std.out, "To change it: put a new one (openssl rand -hex 32) and a comma or newline before it, restart api and scheduler with both, and run this again.")
		}
		return nil
	})
}

// printLost says how to come by new tokens.
func printLost(std *streams, lost []keyring.Sealed) {
	for _, v := range lost {
		switch v.Place {
		case keyring.Connections:
			printf(std.out, "the token of library %s cannot be read any more: mealplanner connection set %s (with TANDOOR_TOKEN)\n", v.ID, v.ID)
		case keyring.Users:
			printf(std.out, "the FatSecret account of %s cannot be read any more: mealplanner user connect %s\n", v.ID, v.ID)
		case keyring.Webhooks:
			printf(std.out, "what webhook %s is told cannot be signed any more: its user removes it and makes another\n", v.ID)
		case keyring.Pending: // ends by itself within 15 minutes
		}
	}
}

type keyRetireCmd struct {
	settings
	Key      string `arg:"" help:"The key, as mealplanner key list names it."`
	EndLinks bool   `help:"Also end the links it signed in mails: for a leaked key."`
	Lost     bool   `help:"The key is lost: accounts it sealed must be reconnected."`
}

// Run retires a key.
func (c *keyRetireCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withKeys(ctx, func(s *keyring.Service, _ *seal.Ring) error {
		lost, err := s.Retire(ctx, seal.ID(c.Key), c.EndLinks, c.Lost, now())
		if err != nil {
			return err
		}
		printLost(std, lost)
		if c.Lost {
			printf(std.out, "%s is given up\n", c.Key)
			return nil
		}
		printf(std.out, "%s is retired: running processes trust it no more within %s; take it out of MEALPLANNER_KEY\n", c.Key, keyring.Every)
		return nil
	})
}
