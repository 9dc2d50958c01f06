package backup

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A full disk is named, not that pg_dump then found nobody who reads.
func TestBackupOntoAFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no disk that is always full: %v", err)
	}
	defer full.Close()
	err = dump(t.Context(), exec.CommandContext(t.Context(), "cat", "/dev/zero"), full, func(string) {})
	if !errors.Is(err, syscall.ENOSPC) || fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("got %v", err)
	}
}
