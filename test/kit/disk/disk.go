// Package disk gives tests a disk of their own, which takes root.
package disk

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Disk is an ext4 file system in a file.
type Disk struct {
	Dir   string // where it is mounted
	Image string
}

// Can reports whether this process may mount disks.
func Can() bool { return os.Geteuid() == 0 }

// New makes a disk of so many bytes and mounts it until the test ends.
func New(t *testing.T, size int64) *Disk {
	t.Helper()
	d := &Disk{Dir: t.TempDir(), Image: filepath.Join(t.TempDir(), "image")}
	if err := os.WriteFile(d.Image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.Image, size); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", "-q", d.Image)
	run(t, "mount", "-o", "loop", d.Image, d.Dir)
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.Background(), "umount", d.Dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return d
}

// Snapshot is what the disk holds at this moment, as a machine finds it that lost its power
// now: without what file systems have not written yet.
func (d *Disk) Snapshot(t *testing.T) (image string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "snapshot")
	run(t, "cp", "--sparse=always", d.Image, image)
	return image
}

// Replace mounts another image in the disk's place, of which nobody may hold a file open.
func (d *Disk) Replace(t *testing.T, image string) {
	t.Helper()
	run(t, "umount", d.Dir)
	run(t, "mount", "-o", "loop", image, d.Dir)
	d.Image = image
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}
