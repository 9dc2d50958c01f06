package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// Warnings are known as such also when they were stored with a plan.
func TestWarningsAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		note message.Text
		want bool
	}{
		{plan.OutdatedNote, true},
		{plan.AllergyNote, true},
		{plan.DietNote("vegan", "gluten-free"), true},
		{plan.LeanNote(message.Textf("Monday"), message.Textf("Friday")), true},
		{message.Counted(2, "%d recipe has estimated nutrition", "%d recipes have estimated nutrition"), false},
	} {
		stored, err := json.Marshal(c.note)
		if err != nil {
			t.Fatal(err)
		}
		var again message.Text
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		if plan.Warns(c.note) != c.want || plan.Warns(again) != c.want {
			t.Errorf("%q: %t, want %t", c.note, !c.want, c.want)
		}
	}
}
