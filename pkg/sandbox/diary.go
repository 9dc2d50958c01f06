package sandbox

import (
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/fatsecret/fatsecrettest"
)

// diaryDays are the days before today that the demo users logged.
const diaryDays = 35

// diaryFoods are what they logged. Figures are for a serving.
var diaryFoods = []fatsecrettest.Food{
	diaryFood("9001", "Sandbox porridge", 431, 17.37, 12.91, 62.43),
	diaryFood("9002", "Sandbox lentil bowl", 613, 31.73, 19.57, 71.29),
	diaryFood("9003", "Sandbox chicken plate", 657, 47.81, 23.17, 59.83),
}

func diaryFood(id, name string, kcal, protein, fat, carbs float64) fatsecrettest.Food {
	return fatsecrettest.Food{ID: id, Name: name, Type: "Generic", Servings: []fatsecrettest.Serving{{
		ID: id + "1", Description: "1 serving", Metric: 100, MetricUnit: "g", Measurement: "serving", NumberOfUnits: 1,
		Calories: kcal, Protein: protein, Fat: fat, Carb: carbs,
	}}}
}

// diary is what a demo user logged up to today's lunch: most days, a little less than a
// plan would ask for, and nothing on every seventh.
func diary(today calendar.Date, seed int) []fatsecrettest.Entry {
	var out []fatsecrettest.Entry
	for back := diaryDays; back >= 0; back-- {
		day := today - calendar.Date(back)
		if (back+seed)%7 == 5 {
			continue
		}
		for i, meal := range []string{"Breakfast", "Lunch", "Dinner"} {
			if back == 0 && i == 2 {
				break
			}
			f := diaryFoods[i]
			out = append(out, fatsecrettest.Entry{
				ID: strconv.Itoa(100*(diaryDays-back) + i + 1), FoodID: f.ID, ServingID: f.Servings[0].ID, Name: f.Name, Meal: meal,
				Date: day.UnixDays(), Units: 1 + float64((back*3+seed+i)%5)/10,
			})
		}
	}
	return out
}

func dateIn(now time.Time, zone string) calendar.Date {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return calendar.On(now.In(loc))
}
