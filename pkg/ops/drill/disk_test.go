package drill_test

import (
	"context"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
)

// Which disk is filled is a person's word, and none that others need is.
func TestNoDiskIsFilledButASmallOne(t *testing.T) {
	t.Parallel()
	for _, disk := range []string{"", filepath.Join(t.TempDir(), "nothing"), "/"} {
		_, err := lookup(t, "disk-space-low").Inject(t.Context(), &drill.Installation{Disk: disk})
		if fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%q: %v", disk, err)
		}
	}
	if left, err := filepath.Glob("/mealplanner-drill-*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestASmallDiskIsFilledAndEmptied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := osexec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" && os.Geteuid() == 0 {
			t.Fatalf("mount: %v: %s", err, out)
		}
		t.Skip("a disk can be mounted by root only")
	}
	t.Cleanup(func() {
		if out, err := osexec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	free := func() uint64 {
		var disk syscall.Statfs_t
		if err := syscall.Statfs(dir, &disk); err != nil {
			t.Fatal(err)
		}
		return disk.Bfree
	}
	before := free()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	in := &drill.Installation{Disk: dir}
	if _, err := lookup(t, "disk-space-low").Inject(interrupted, in); !errors.Is(err, context.Canceled) || free() != before {
		t.Errorf("interrupted: %v, %d of %d blocks are free", err, free(), before)
	}
	heal, err := lookup(t, "disk-space-low").Inject(t.Context(), in)
	if err != nil || free() != 0 {
		t.Fatalf("%v, %d blocks are free", err, free())
	}
	if err := heal(t.Context()); err != nil || free() != before {
		t.Errorf("healed: %v, %d of %d blocks are free", err, free(), before)
	}
}
