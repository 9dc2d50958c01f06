package quotation_test

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
)

// The work grows with the text, not with its square: eight times the text takes about eight
// times the processor's time, and not sixty-four times. Others on the machine do not count.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	spent := func() time.Duration {
		const thread = 1 // RUSAGE_THREAD
		var r syscall.Rusage
		if err := syscall.Getrusage(thread, &r); err != nil {
			t.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	cost := func(text string) time.Duration {
		begin := spent()
		quotation.Split(text, known, read)
		return spent() - begin
	}
	for _, line := range []string{"a: b\n", "> x\n", "The plan of your week is ready and all\n", "DO\n", "on x\n", "\n", "from: x\n", "-- \n", "Monday\n", "plan@example.org\n"} {
		const lines, times = 1000, 8
		short, long := cost(strings.Repeat(line, lines)), cost(strings.Repeat(line, times*lines))
		if long > 3*times*max(short, 2*time.Millisecond) {
			t.Errorf("%q: %v, eight times of it %v", line, short, long)
		}
	}
}
