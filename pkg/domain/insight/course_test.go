package insight_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// A day without a plan or a log is unknown and no zero; what is far too little is never near the
// target; each week counts for itself.
func TestFollow(t *testing.T) {
	t.Parallel()
	monday := today.Monday()
	w := plan.Week{WeekOf: monday, TolerancePct: 5}
	for i := range w.Days {
		w.Days[i].Date = monday + calendar.Date(i)
	}
	on := planned(monday)
	on.Actual = target
	off := planned(monday + 1)
	off.Actual, off.Balanced = grams(120, 67, 220), false
	w.Days[0], w.Days[1] = *on, *off
	w.Reasons = []plan.Reason{{Code: "macro_out_of_band"}, {Code: "macro_out_of_band", Remedy: new(grams(40, 10, 50)), RemedyMeal: "dinner"}}
	before := plan.Week{WeekOf: monday - 14, Days: [7]plan.Day{*planned(monday - 14)}, Reasons: []plan.Reason{{Remedy: new(grams(1, 1, 1)), RemedyMeal: "lunch"}}}
	c := insight.Follow(insight.Period{
		Last: monday + 6, Days: 14, Target: grams(100, 50, 150), Plans: []plan.Week{before, w},
		Eaten: []insight.Eaten{
			ate(monday-7, grams(98, 51, 149)), ate(monday, grams(149, 67, 201)), ate(monday+1, grams(20, 10, 30)), ate(monday+2, nutrition.Macros{}), ate(monday-8, target),
		},
	})
	if c.First != monday-7 || len(c.Points) != 14 {
		t.Fatalf("%d points from %s", len(c.Points), c.First)
	}
	first, eighth, ninth, tenth := c.Points[0], c.Points[7], c.Points[8], c.Points[9]
	if first.Planned != nil || first.Eaten == nil || !first.Near || first.Band != 10 || first.Target[insight.Protein].Float() != 100 {
		t.Errorf("without a plan: %+v", first)
	}
	if eighth.Planned == nil || !eighth.OnTarget || !eighth.Near || eighth.Band != 5 || eighth.Target[insight.Protein].Float() != 150 {
		t.Errorf("as planned: %+v", eighth)
	}
	if ninth.OnTarget || ninth.Near || ninth.Eaten == nil {
		t.Errorf("far too little: %+v", ninth)
	}
	if tenth.Eaten != nil || tenth.Planned != nil {
		t.Errorf("an empty log: %+v", tenth)
	}
	weeks := []insight.CourseWeek{{First: monday - 7, Logged: 1, Near: 1}, {First: monday, Planned: 2, OnTarget: 1, Logged: 2, Near: 1}}
	if d := cmp.Diff(weeks, c.Weeks); d != "" {
		t.Error(d)
	}
	missed := []insight.Pattern{{Nutrient: insight.Protein, Status: insight.Under, Days: 1}, {Nutrient: insight.Carbs, Status: insight.Over, Days: 1}}
	if d := cmp.Diff(missed, c.Missed); d != "" {
		t.Error(d)
	}
	strayed := []insight.Pattern{{Nutrient: insight.Energy, Status: insight.Under, Days: 1}, {Nutrient: insight.Protein, Status: insight.Under, Days: 1}, {Nutrient: insight.Fat, Status: insight.Under, Days: 1}, {Nutrient: insight.Carbs, Status: insight.Under, Days: 1}}
	if d := cmp.Diff(strayed, c.Strayed); d != "" {
		t.Error(d)
	}
	if c.Remedy == nil || c.Remedy.RemedyMeal != "dinner" {
		t.Errorf("what would help: %+v", c.Remedy)
	}
	if empty := insight.Follow(insight.Period{Last: monday + 6, Days: 28}); len(empty.Points) != 28 || len(empty.Weeks) != 4 || empty.Missed != nil || empty.Remedy != nil {
		t.Errorf("nothing: %+v", empty)
	}
}

// A logged day that is off says why: by its energy where the macros are right, and by the floor
// where the target itself is below it.
func TestWhatIsOffHasAReason(t *testing.T) {
	t.Parallel()
	follow := func(target nutrition.Macros, share float64) insight.Course {
		e := ate(today, target)
		e.Energy = nutrition.Energy(share * float64(e.Energy))
		return insight.Follow(insight.Period{Last: today.Monday() + 6, Days: 7, Target: target, Eaten: []insight.Eaten{e}})
	}
	c := follow(target, 1.3)
	if d := cmp.Diff([]insight.Pattern{{Nutrient: insight.Energy, Status: insight.Over, Days: 1}}, c.Strayed); d != "" || c.Weeks[0].Near != 0 {
		t.Errorf("%d near: %s", c.Weeks[0].Near, d)
	}
	if c := follow(grams(80, 35, 110), 1); c.Weeks[0].Near != 0 || c.Strayed != nil || c.Floor.Kcal() != 1200 {
		t.Errorf("below the floor: %d near, %+v, floor %g", c.Weeks[0].Near, c.Strayed, c.Floor.Kcal())
	}
	if c := insight.Follow(insight.Period{Last: today.Monday() + 6, Days: 7, Supervised: true}); c.Floor != 0 {
		t.Errorf("a doctor's diet has the floor %g", c.Floor.Kcal())
	}
}
