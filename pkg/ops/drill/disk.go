package drill

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// smallDisk is the largest disk that is filled, and the most that is written, in bytes.
const smallDisk = 1 << 30

// filledDisk fills [Installation.Disk] to the last block, with a file that has no name: it is
// gone when it is closed, or when the drill dies.
func filledDisk(ctx context.Context, i *Installation) (Heal, error) {
	const name = "drill disk-space-low"
	if err := spare(i.Disk); err != nil {
		return nil, fault.Wrap(fault.InvalidInput, name, err)
	}
	ballast, err := os.CreateTemp(i.Disk, "mealplanner-drill-*")
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, name, err)
	}
	heal := func(context.Context) error { return fault.Wrap(fault.Internal, name, ballast.Close()) }
	err = os.Remove(ballast.Name())
	block := make([]byte, 1<<16)
	for written := 0; err == nil && ctx.Err() == nil && written <= smallDisk; written += len(block) {
		_, err = ballast.Write(block)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = ballast.Sync()
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return heal, fault.Wrap(fault.Internal, name, errors.Join(err, ctx.Err()))
}

// spare reports why a disk must not be filled: nil if it is a small one, mounted at dir, that
// holds nothing.
func spare(dir string) error {
	if dir == "" {
		return errors.New("fills a disk: name a small, empty one that the Collector sees with --disk (docs/training.md says how to make one)")
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return err
	}
	if size := disk.Blocks * uint64(disk.Bsize); size == 0 || size > smallDisk {
		return fault.New(fault.InvalidInput, dir, "lies on a disk of %d MB: name one of 1 to %d MB that nobody needs", size>>20, smallDisk>>20)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return fault.New(fault.InvalidInput, dir, "holds %s: name a disk that is empty", e.Name())
		}
	}
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	above, err := os.Stat(filepath.Join(dir, ".."))
	if err != nil {
		return err
	}
	a, ok := here.Sys().(*syscall.Stat_t)
	b, also := above.Sys().(*syscall.Stat_t)
	if !ok || !also || a.Dev == b.Dev {
		return fault.New(fault.InvalidInput, dir, "is no disk of its own: name the directory where one is mounted")
	}
	return nil
}
