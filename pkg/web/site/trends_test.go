package site

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// The page names the energy that is off, and the floor below which no day is on target.
func TestTrendsSayWhyADayIsOff(t *testing.T) {
	t.Parallel()
	f := coach.Followed{Connected: true}
	f.Points, f.Weeks = make([]insight.Point, 7), []insight.CourseWeek{{Logged: 1}}
	f.Strayed = []insight.Pattern{{Nutrient: insight.Energy, Status: insight.Over, Days: 1}}
	f.Floor = 1200 * nutrition.Kilocalorie
	p := trendsOf(f, shortSpan, message.English)
	if got := p.Strayed[0].In(message.English); got != "Energy: too high on 1 day of 1 that are logged." {
		t.Error(got)
	}
	if got := p.Near.In(message.English); !strings.Contains(got, "within 10 % in energy and every macro, and no less than 1,200 kcal:") {
		t.Error(got)
	}
	f.Floor = 0
	if got := trendsOf(f, shortSpan, message.English).Near.In(message.English); got != "On target is within 10 % in energy and every macro." {
		t.Error(got)
	}
}
