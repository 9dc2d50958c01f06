package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/queuefile"
)

type queuesCmd struct {
	Dir   string        `arg:"" optional:"" help:"The directory of the Collector's file_storage." placeholder:"DIR"`
	Watch time.Duration `default:"0s" help:"Repeat at this interval until interrupted; 0s checks once." placeholder:"5s"`

	Examine string `hidden:"" help:"Examine one file in this process."`
}

// Run moves damaged queue files out of the way of a Collector that would not start with
// them. Files that a running Collector has open are left alone.
func (c *queuesCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	const op = "queues"
	if c.Examine != "" {
		return fault.Wrap(fault.InvalidInput, op, queuefile.Examine(c.Examine, std.out))
	}
	if c.Dir == "" {
		return fault.New(fault.InvalidInput, op, "name the directory of the Collector's file_storage, as in: mealplanner queues /var/lib/otelcol")
	}
	self, err := os.Executable()
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	seen := map[string]stamp{} // what a watch found whole
	said := ""                 // the last error it told of
	for {
		found, err := queuefile.Sweep(ctx, c.Dir, []string{self, "queues", "--examine"}, now, func(path string, info fs.FileInfo) bool {
			return seen[path] == stampOf(info)
		})
		c.report(std, found)
		if c.Watch == 0 {
			return fault.Wrap(fault.InvalidInput, op, err)
		}
		if text := fmt.Sprint(err); err != nil && ctx.Err() == nil && text != said {
			printf(std.err, "mealplanner: %s\n", text)
			said = text
		}
		for _, q := range found {
			if info, err := os.Stat(q.File); err == nil && !q.InUse {
				seen[q.File] = stampOf(info)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.Watch):
		}
	}
}

// stamp tells whether a file was changed.
type stamp struct {
	size     int64
	modified time.Time
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }

// report prints what was found; a watch, only what was moved.
func (c *queuesCmd) report(std *streams, found []queuefile.Queue) {
	for _, q := range found {
		switch {
		case q.Damage != "":
			printf(std.out, "%s (%d bytes) is damaged: %s\n  moved to %s: what it held is not delivered; the Collector starts without it\n", q.File, q.Bytes, q.Damage, q.Moved)
		case c.Watch > 0:
		case q.InUse:
			printf(std.out, "%s is in use by a running Collector\n", q.File)
		default:
			printf(std.out, "%s (%d bytes) is whole\n", q.File, q.Bytes)
		}
	}
	if len(found) == 0 && c.Watch == 0 {
		printf(std.out, "%s has no queue files\n", c.Dir)
	}
}
