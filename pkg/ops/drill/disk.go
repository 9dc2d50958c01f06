package drill

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// smallDisk is the largest disk that is filled, in bytes.
const smallDisk = 1 << 30

// filledDisk fills [Installation.Disk] to the last block.
func filledDisk(ctx context.Context, i *Installation) (Heal, error) {
	const name = "drill disk-space-low"
	if i.Disk == "" {
		return nil, fault.New(fault.InvalidInput, name, "fills a disk: name a small one that the Collector sees with --disk (docs/training.md says how to make one)")
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(i.Disk, &disk); err != nil {
		return nil, fault.Wrap(fault.InvalidInput, name+": "+i.Disk, err)
	}
	if size := disk.Blocks * uint64(disk.Bsize); size > smallDisk {
		return nil, fault.New(fault.InvalidInput, name, "%s lies on a disk of %d MB, which others need: name one of at most %d MB", i.Disk, size>>20, smallDisk>>20)
	}
	ballast, err := os.CreateTemp(i.Disk, "mealplanner-drill-*")
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, name, err)
	}
	heal := func(context.Context) error {
		return fault.Wrap(fault.Internal, name, errors.Join(ballast.Close(), os.Remove(ballast.Name())))
	}
	block := make([]byte, 1<<16)
	for err == nil && ctx.Err() == nil {
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
