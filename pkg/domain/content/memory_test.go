package content

import (
	"strings"
	"sync"
	"testing"
)

func TestMemoryAsksOnceAndStaysSmall(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	m := newMemory(func(text string) uint16 { asked[text]++; return uint16(len(text)) })
	for range 3 {
		if s := m.of("milk"); s != 4 {
			t.Fatalf("milk: %d", s)
		}
	}
	if asked["milk"] != 1 {
		t.Errorf("read %d times", asked["milk"])
	}
	long := strings.Repeat("x", mostKept/16)
	for n := range 40 {
		m.of(long[n:])
		if m.bytes > mostKept || len(m.known) > 18 {
			t.Fatalf("%d bytes in %d texts are kept", m.bytes, len(m.known))
		}
	}
	if m.of("milk"); asked["milk"] != 2 {
		t.Errorf("read %d times after everything was dropped", asked["milk"])
	}
	m.of(long + "x")
	if m.of(long + "x"); asked[long+"x"] != 2 {
		t.Error("a text too long to keep was kept")
	}
}

func TestMemoryIsShared(t *testing.T) {
	t.Parallel()
	m := newMemory(func(text string) uint16 { return uint16(len(text)) })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 100 {
				if s := m.of(strings.Repeat("y", n)); int(s) != n {
					t.Errorf("%d: %d", n, s)
				}
			}
		})
	}
	wg.Wait()
}
