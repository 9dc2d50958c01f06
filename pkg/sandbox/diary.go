package sandbox

import (
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
)

// diaryDays are the days before today that the demo users logged.
const diaryDays = 35

// diaryFoods are what they logged. Figures are for a serving.
var diaryFoods = []fatsecrettest.Food{
	diaryFood("9001", "Sandbox porridge", 431, 17.37, 12.91, 62.43),
	diaryFood("9002", "Sandbox lentil bowl", 613, 31.73, 19.57, 71.29),
	diaryFood("9003", "Sandbox chicken plate", 657, 47.81, 23.17, 59.83),
}

// ingredientFoods are generic foods of FatSecret's that are named like the library's.
// Figures are for 100 g.
var ingredientFoods = []fatsecrettest.Food{
	diaryFood("9101", "Olive oil", 884, 0, 100, 0),
	diaryFood("9102", "Onion", 40, 1.1, 0.1, 9.34),
	diaryFood("9103", "Garlic", 149, 6.36, 0.5, 33.06),
	diaryFood("9104", "Egg", 143, 12.56, 9.51, 0.72),
	diaryFood("9105", "Chicken breast", 165, 31.02, 3.57, 0),
	diaryFood("9106", "Rolled oats", 379, 13.15, 6.52, 67.7),
	diaryFood("9107", "Rice", 130, 2.69, 0.28, 28.17),
	diaryFood("9108", "Tomato", 18, 0.88, 0.2, 3.89),
	diaryFood("9109", "Carrot", 41, 0.93, 0.24, 9.58),
	diaryFood("9110", "Milk", 61, 3.15, 3.25, 4.8),
}

// Foods are the names of the ingredients that FatSecret knows.
func Foods() []string {
	out := make([]string, len(ingredientFoods))
	for i, f := range ingredientFoods {
		out[i] = f.Name
	}
	return out
}

func diaryFood(id, name string, kcal, protein, fat, carbs float64) fatsecrettest.Food {
	return fatsecrettest.Food{ID: id, Name: name, Type: "Generic", Servings: []fatsecrettest.Serving{{
		ID: id + "1", Description: "1 serving of 100 g", Metric: 100, MetricUnit: "g", Measurement: "serving", NumberOfUnits: 1,
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
