package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// A locked meal is skipped by one press after a preview that says that its lock ends; so do wishes.
func TestALockedMealIsSkipped(t *testing.T) {
	t.Parallel()
	w, b, lewis := signedIn(t)
	ours := "/week/" + week.String()
	slot := plan.Slot{Date: week + 4, Meal: recipe.Dinner}
	at := "/meal/" + slot.Date.String() + "/dinner"
	press := func(page, near, says string) {
		t.Helper()
		b.want(ours, url.Values{"version": {field(t, page, near, "version")}, "command": {field(t, page, near, "command")}}, http.StatusOK, says)
	}
	for _, how := range []string{"the button", "the wishes"} {
		press(b.want(at, nil, http.StatusOK, "Lock"), ">Lock<", "stays")
		page := b.want(at, nil, http.StatusOK, "Unlock and skip")
		if strings.Contains(page, "Surprise me") {
			t.Errorf("a locked meal can be replaced:\n%s", page)
		}
		if how == "the button" {
			page = b.want(ours+"/preview?command="+url.QueryEscape("SKIP "+slot.Date.String()+" dinner"), nil, http.StatusOK, "Friday dinner is skipped. The lock there was removed.")
			if before, err := w.Plans.Get(t.Context(), lewis.ID, week); err != nil || before.Week.At(slot) == nil || before.Week.At(slot).Source != plan.Locked {
				t.Errorf("the preview changed the plan: %v", err)
			}
			press(page, "Make this change", "The lock there was removed.")
		} else {
			form := url.Values{"skip": {slot.Date.String() + " dinner"}, "seen": {""}}
			page = b.want(ours+"/wishes", form, http.StatusOK, "Friday dinner is skipped. The lock there was removed.")
			form.Set("version", field(t, page, "sure", "version"))
			form.Set("sure", "yes")
			b.want(ours+"/wishes", form, http.StatusOK, "The lock there was removed.")
		}
		in, err := w.Plans.Inputs(t.Context(), lewis.ID, week)
		must(t, err)
		if in.Existing.Week.At(slot) != nil || len(in.Wishes.Locks) != 0 || !in.Wishes.Skipped(slot) {
			t.Errorf("%s: planned %v, wishes %+v", how, in.Existing.Week.At(slot), in.Wishes)
		}
		b.want(ours, nil, http.StatusOK, "Plan it")
		press(b.want(ours+"/preview?command="+url.QueryEscape("UNSKIP "+slot.Date.String()+" dinner"), nil, http.StatusOK, "Make this change"), "Make this change", "is planned again")
	}
}
