package alert_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
)

// A runbook is of one alert, and leads back to it.
func TestARunbookIsOfOneAlert(t *testing.T) {
	t.Parallel()
	slugs := alert.Slugs()
	for i, slug := range slugs {
		a, ok := alert.Of(slug)
		if !ok || a.Runbook() != slug || i > 0 && slugs[i-1] == slug {
			t.Errorf("%s: %q, %t, back to %q", slug, a, ok, a.Runbook())
		}
	}
	if a, ok := alert.Of("api-dwn"); ok || alert.Alert("ApiDown").Runbook() != "" {
		t.Errorf("%q", a)
	}
}
