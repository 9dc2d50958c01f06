package generate

import "github.com/mealplanner/mealplanner/pkg/domain/calendar"

// Date is a civil date; the zero value means "no date".
type Date = calendar.Date
