package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// errBug makes the handler panic.
var errBug = errors.New("a bug")

// world is what a reader works with; it outlives the reader.
type world struct {
	mu     sync.Mutex
	marks  map[string][2]uint32
	got    []string // subjects
	raws   []inbox.Raw
	refuse map[string]error // by subject, once
	events []error
	change chan struct{} // closed and replaced at every change
}

func newWorld() *world {
	return &world{marks: map[string][2]uint32{}, refuse: map[string]error{}, change: make(chan struct{})}
}

func (w *world) changed() {
	close(w.change)
	w.change = make(chan struct{})
}

func (w *world) Watermark(_ context.Context, folder string) (validity, uid uint32, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.marks[folder][0], w.marks[folder][1], nil
}

func (w *world) SetWatermark(_ context.Context, folder string, validity, uid uint32) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[folder] = [2]uint32{validity, uid}
	return nil
}

func (w *world) handle(_ context.Context, raw inbox.Raw) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.changed()
	subject := "(not fetched)"
	if raw.Body != nil {
		_, rest, _ := bytes.Cut(raw.Body, []byte("Subject: "))
		line, _, _ := bytes.Cut(rest, []byte("\r\n"))
		subject = string(line)
	}
	if err := w.refuse[subject]; err != nil {
		delete(w.refuse, subject)
		if errors.Is(err, errBug) {
			panic(err)
		}
		return err
	}
	w.got, w.raws = append(w.got, subject), append(w.raws, raw)
	return nil
}

func (w *world) event(_ context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.changed()
	w.events = append(w.events, err)
}

// await returns when the condition holds.
func (w *world) await(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for timeout := time.After(limit); ; {
		w.mu.Lock()
		ok, change := holds(), w.change
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-change:
		case <-timeout:
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Fatalf("%s: not after %v; got %v, events %v", what, limit, w.got, w.events)
		}
	}
}

func (w *world) reader(t *testing.T, addr string, change func(*inbox.Settings)) *inbox.Reader {
	t.Helper()
	s := inbox.Settings{Addr: addr, Username: account, Password: password, Encryption: inbox.Off, Poll: 10 * time.Minute, Timeout: 5 * time.Second}
	if change != nil {
		change(&s)
	}
	r, err := inbox.New(s, inbox.Hooks{
		Watermarks: w, Handler: w.handle, Events: w.event,
		Now: time.Now, Sleep: noSleep, Rand: func() float64 { return 0.5 },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// once makes one pass of a new reader and says what has been handed over so far.
func (w *world) once(t *testing.T, addr string, change func(*inbox.Settings), want ...string) {
	t.Helper()
	before := len(w.got)
	n, err := w.reader(t, addr, change).Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, w.got); d != "" || n != len(w.got)-before {
		t.Fatalf("%d handed over: %s", n, d)
	}
}

// run lets a reader run until the test ends.
func (w *world) run(t *testing.T, r *inbox.Reader) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if fault.KindOf(err) != fault.Canceled {
				t.Errorf("Run returned %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run does not end")
		}
	})
}

func (w *world) has(subjects ...string) func() bool {
	return func() bool { return cmp.Equal(subjects, w.got) }
}
