package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
	"github.com/mealplanner/mealplanner/pkg/web"
)

type keyCmd struct {
	List   keyListCmd   `cmd:"" default:"withargs" help:"List the keys of MEALPLANNER_KEY and of the database, with what needs each."`
	Add    keyAddCmd    `cmd:"" help:"Bring the newest key of MEALPLANNER_KEY into use and seal with it what older keys have sealed."`
	Retire keyRetireCmd `cmd:"" help:"End a key that nothing needs any more."`
}

// withKeys runs fn with the keys alone: they must be reached also when the program cannot
// start because of them.
func (s settings) withKeys(ctx context.Context, fn func(*keyring.Service, *secretbox.Ring) error) error {
	if err := s.Check(); err != nil {
		return err
	}
	ring, err := secretbox.ParseRing(s.Security.Key)
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
		return fault.New(fault.Unavailable, "database", "%d migrations are missing: run `mealplanner migrate`", n)
	}
	return fn(keyring.New(postgres.NewKeys(pool), ring, web.LongestLink), ring)
}

type keyListCmd struct{ settings }

// Run lists keys.
func (c *keyListCmd) Run(ctx context.Context, std *streams) error {
	return c.withKeys(ctx, func(s *keyring.Service, _ *secretbox.Ring) error {
		known, err := s.List(ctx)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "KEY\tSTATE\tIN USE SINCE\tLIBRARIES\tUSERS\tLINKS UNTIL\tPROCESSES")
		for _, k := range known {
			id, added, links := string(k.ID), "", ""
			if id == "" {
				id = "unknown"
			}
			if k.Added != nil {
				added = k.Added.UTC().Format(time.DateOnly)
			}
			if k.Links != nil {
				links = k.Links.UTC().Format(time.DateOnly)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", id, k.State, added, k.Sealed[keyring.Connections], k.Sealed[keyring.Users]+k.Sealed[keyring.Pending], links, strings.Join(k.Processes, " "))
		}
		return t.Flush()
	})
}

type keyAddCmd struct {
	settings
	Lost bool `help:"Begin anew although no key opens what is stored: every account must then be connected again."`
}

// Run rotates.
func (c *keyAddCmd) Run(ctx context.Context, std *streams) error {
	return c.withKeys(ctx, func(s *keyring.Service, ring *secretbox.Ring) error {
		done, err := s.Add(ctx, c.Lost, func(line string) { fmt.Fprintln(std.err, line) })
		if done.Resealed > 0 {
			fmt.Fprintf(std.out, "%d stored tokens are sealed with %s now\n", done.Resealed, done.Key)
		}
		printLost(std, done.Lost)
		if err != nil {
			return err
		}
		if done.Was != "" {
			fmt.Fprintf(std.out, "%s is in use instead of %s, which links in mails still need: leave it in MEALPLANNER_KEY (`mealplanner key list` says how long)\n", done.Key, done.Was)
			return nil
		}
		fmt.Fprintf(std.out, "%s, the newest key of MEALPLANNER_KEY, is in use\n", done.Key)
		if len(ring.IDs()) == 1 {
			fmt.Fprintln(std.out, "To change it: put a new one (openssl rand -hex 32) and a comma or newline before it, restart api and scheduler with both, and run this again.")
		}
		return nil
	})
}

// printLost says how to come by new tokens.
func printLost(std *streams, lost []keyring.Sealed) {
	for _, v := range lost {
		switch v.Place {
		case keyring.Connections:
			fmt.Fprintf(std.out, "the token of library %s cannot be read any more: mealplanner connection set %s (with TANDOOR_TOKEN)\n", v.ID, v.ID)
		case keyring.Users:
			fmt.Fprintf(std.out, "the FatSecret account of %s cannot be read any more: mealplanner user connect %s\n", v.ID, v.ID)
		case keyring.Pending: // ends by itself within 15 minutes
		}
	}
}

type keyRetireCmd struct {
	settings
	Key      string `arg:"" help:"The key, as mealplanner key list names it."`
	EndLinks bool   `help:"End the links in mails that were signed with it: for a key that others may know."`
	Lost     bool   `help:"The key is gone: what it sealed must be connected again."`
}

// Run retires a key.
func (c *keyRetireCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withKeys(ctx, func(s *keyring.Service, _ *secretbox.Ring) error {
		lost, err := s.Retire(ctx, secretbox.ID(c.Key), c.EndLinks, c.Lost, now())
		if err != nil {
			return err
		}
		printLost(std, lost)
		if c.Lost {
			fmt.Fprintf(std.out, "%s is given up\n", c.Key)
			return nil
		}
		fmt.Fprintf(std.out, "%s is retired: running processes trust it no more within %s; take it out of MEALPLANNER_KEY\n", c.Key, keyring.Every)
		return nil
	})
}
