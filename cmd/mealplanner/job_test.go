package main

import (
	"testing"
	"time"
)

func TestTimesOfJobsAreTheirUsers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"Europe/Berlin":    "Fri 2026-12-04 06:00:00",
		"America/New_York": "Fri 2026-12-04 00:00:00",
		"Mars/Olympus":     "2026-12-04 05:00:00Z",
	} {
		if got := inZone(at, zone); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
}
