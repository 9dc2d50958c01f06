package generate_test

import (
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/generate"
)

func TestDates(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "2026-11-30", "9999-12-31"} {
		d, err := generate.ParseDate(s)
		if err != nil || d.String() != s || d <= 0 {
			t.Errorf("%s: %d %s %v", s, d, d, err)
		}
	}
	for _, s := range []string{"", "0000-12-31", "2026-02-29", "2026-11-3", "30.11.2026", "2026-11-30T00:00:00Z"} {
		if d, err := generate.ParseDate(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
	late := time.Date(2026, 11, 30, 23, 59, 0, 0, time.FixedZone("far west", -10*3600))
	if d := generate.DateOf(late); d.String() != "2026-11-30" || d.Weekday() != time.Monday {
		t.Errorf("%s, a %s", d, d.Weekday())
	}
}
