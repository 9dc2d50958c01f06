package drill_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVisitorsReadAndLeave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	heal := s.inject(t, "page-slow")
	asked := func() []string {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Clone(s.asked)
	}
	for deadline := time.Now().Add(10 * time.Second); len(asked()) < 4; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody reads")
		}
	}
	if err := heal(t.Context()); err != nil {
		t.Error(err)
	}
	if got := asked(); got[0] != "GET /shopping/2026-11-23" || got[len(got)-1] != "POST /sign-out" {
		t.Errorf("visitors asked for %q", got)
	}
}

func TestPagesThatAreNotThereAreSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Pages = "http://127.0.0.1:1"
	if _, err := lookup(t, "page-errors").Inject(t.Context(), s.Installation); err == nil || !strings.Contains(err.Error(), "PAGES_URL") {
		t.Errorf("got %v", err)
	}
	if n := s.locks(t); n != 0 {
		t.Errorf("%d tables are locked", n)
	}
}
