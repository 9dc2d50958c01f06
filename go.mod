module github.com/mealplanner/mealplanner

go 1.26.0
