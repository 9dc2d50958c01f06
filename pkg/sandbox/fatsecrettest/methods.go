package fatsecrettest

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type method struct {
	user bool // needs a user's token
	do   func(*Server, *User, url.Values) (any, *vendorError)
}

var methods = map[string]method{
	"profile.get":               {true, (*Server).profile},
	"weights.get_month.v2":      {true, (*Server).weights},
	"weight.update":             {true, (*Server).weightUpdate},
	"food_entries.get":          {true, (*Server).diary},
	"food_entries.get.v2":       {true, (*Server).diary},
	"food_entries.get_month.v2": {true, (*Server).diaryMonth},
	"food_entry.create":         {true, (*Server).entryCreate},
	"food_entry.edit":           {true, (*Server).entryEdit},
	"food_entry.delete":         {true, (*Server).entryDelete},
	"foods.search":              {false, (*Server).search},
	"food.get":                  {false, (*Server).foodGet},
	"food.get.v2":               {false, (*Server).foodGet},
}

// num writes a number as the API does: as a string.
func (s *Server) num(v float64, decimals int) any {
	if s.shapes.NumberValues {
		return v
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// wrap puts a scalar into {"value": ...}.
func (s *Server) wrap(v string) any {
	if s.shapes.BareScalars {
		return v
	}
	return map[string]any{"value": v}
}

// list returns rows, or the only one without brackets.
func (s *Server) list(rows []any) any {
	if len(rows) == 1 && s.shapes.SingleObject {
		return rows[0]
	}
	return rows
}

// nothing returns the answer of a method that found nothing.
func (s *Server) nothing(key string) any {
	switch s.shapes.Empty {
	case "empty string":
		return map[string]any{key: ""}
	case "absent":
		return map[string]any{}
	case "object":
		return map[string]any{key: map[string]any{}}
	default:
		return map[string]any{key: nil}
	}
}

const secondsPerDay = 86_400

// day reads the date parameter; without one it is today, UTC.
func (s *Server) day(f url.Values) (int, *vendorError) {
	v := f.Get("date")
	if v == "" {
		return int(s.opt.Now().Unix() / secondsPerDay), nil
	}
	d, err := strconv.Atoi(v)
	if err != nil {
		return 0, fail(102, "Invalid integer value: date '%s'", v)
	}
	return d, nil
}

func (s *Server) profile(u *User, _ url.Values) (any, *vendorError) {
	p := map[string]any{"weight_measure": "Kg", "height_measure": "Cm", "height_cm": s.num(u.HeightCm, 2)}
	if u.LastKg > 0 {
		p["last_weight_kg"], p["last_weight_date_int"] = s.num(u.LastKg, 4), s.num(float64(u.LastDate), 0)
	}
	if u.GoalKg > 0 {
		p["goal_weight_kg"] = s.num(u.GoalKg, 4)
	}
	return map[string]any{"profile": p}, nil
}

func month(day int) (from, to int) {
	t := time.Unix(int64(day)*secondsPerDay, 0).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return int(first.Unix() / secondsPerDay), int(first.AddDate(0, 1, -1).Unix() / secondsPerDay)
}

func (s *Server) monthOf(from, to int, rows []any) any {
	m := map[string]any{"from_date_int": s.num(float64(from), 0), "to_date_int": s.num(float64(to), 0)}
	if len(rows) > 0 {
		m["day"] = s.list(rows)
	}
	return map[string]any{"month": m}
}

func (s *Server) weights(u *User, f url.Values) (any, *vendorError) {
	day, bad := s.day(f)
	if bad != nil {
		return nil, bad
	}
	from, to := month(day)
	var rows []any
	for d := from; d <= to; d++ {
		if kg, there := u.Weights[d]; there {
			rows = append(rows, map[string]any{"date_int": s.num(float64(d), 0), "weight_kg": s.num(kg, 3)})
		}
	}
	return s.monthOf(from, to, rows), nil
}

// weightUpdate takes a weigh-in within two days of today and not before the last one.
// The profile shows the new weight with the old date.
func (s *Server) weightUpdate(u *User, f url.Values) (any, *vendorError) {
	kg, err := strconv.ParseFloat(f.Get("current_weight_kg"), 64)
	if err != nil {
		return nil, fail(101, "Missing required parameter: current_weight_kg")
	}
	day, bad := s.day(f)
	if bad != nil {
		return nil, bad
	}
	today := int(s.opt.Now().Unix() / secondsPerDay)
	switch {
	case day < today-2 || day > today+2:
		return nil, fail(205, "Date must be within 2 days from today")
	case day < u.LastDate:
		return nil, fail(206, "Cannot update weight for an earlier date")
	}
	u.LastKg, u.Weights[day] = kg, kg
	return map[string]any{"success": s.wrap("1")}, nil
}

func (s *Server) serving(foodID, servingID string) *Serving {
	for i := range s.opt.Foods {
		if s.opt.Foods[i].ID != foodID {
			continue
		}
		for j := range s.opt.Foods[i].Servings {
			if s.opt.Foods[i].Servings[j].ID == servingID {
				return &s.opt.Foods[i].Servings[j]
			}
		}
	}
	return nil
}

// share is how much of its serving an entry is.
func (s *Server) share(e Entry) (*Serving, float64) {
	v := s.serving(e.FoodID, e.ServingID)
	if v == nil {
		return &Serving{}, 0
	}
	return v, e.Units / v.NumberOfUnits
}

func (s *Server) entryJSON(e Entry) map[string]any {
	v, x := s.share(e)
	meal := e.Meal
	if !s.shapes.LowercaseMeal && meal != "" {
		meal = strings.ToUpper(meal[:1]) + meal[1:]
	}
	return map[string]any{
		"food_entry_id": e.ID, "food_entry_description": strconv.FormatFloat(e.Units, 'f', -1, 64) + " " + v.Measurement + " " + e.Name,
		"date_int": s.num(float64(e.Date), 0), "meal": meal, "food_id": e.FoodID, "serving_id": e.ServingID,
		"number_of_units": s.num(e.Units, 3), "food_entry_name": e.Name, "calories": s.num(math.Round(v.Calories*x), 0),
		"protein": s.num(v.Protein*x, 2), "fat": s.num(v.Fat*x, 2), "carbohydrate": s.num(v.Carb*x, 2),
	}
}

func (s *Server) diary(u *User, f url.Values) (any, *vendorError) {
	day, bad := s.day(f)
	if bad != nil {
		return nil, bad
	}
	var rows []any
	for _, e := range u.Entries {
		if id := f.Get("food_entry_id"); (id == "" && e.Date == day) || e.ID == id {
			rows = append(rows, s.entryJSON(e))
		}
	}
	if len(rows) == 0 {
		return s.nothing("food_entries"), nil
	}
	var list any = rows
	if f.Get("method") == "food_entries.get" || s.shapes.SingleObject {
		list = rows
		if len(rows) == 1 {
			list = rows[0]
		}
	}
	return map[string]any{"food_entries": map[string]any{"food_entry": list}}, nil
}

func (s *Server) diaryMonth(u *User, f url.Values) (any, *vendorError) {
	day, bad := s.day(f)
	if bad != nil {
		return nil, bad
	}
	from, to := month(day)
	var rows []any
	for d := from; d <= to; d++ {
		var kcal, protein, fat, carb float64
		n := 0
		for _, e := range u.Entries {
			if e.Date == d {
				v, x := s.share(e)
				kcal, protein, fat, carb = kcal+v.Calories*x, protein+v.Protein*x, fat+v.Fat*x, carb+v.Carb*x
				n++
			}
		}
		if n > 0 {
			rows = append(rows, map[string]any{
				"date_int": s.num(float64(d), 0), "calories": s.num(math.Round(kcal), 0),
				"protein": s.num(protein, 2), "fat": s.num(fat, 2), "carbohydrate": s.num(carb, 2),
			})
		}
	}
	return s.monthOf(from, to, rows), nil
}

var meals = []string{"breakfast", "lunch", "dinner", "other"}

// fields checks the parameters that creating and editing share.
func (s *Server) fields(e *Entry, f url.Values, all bool) *vendorError {
	for _, p := range []string{"food_id", "food_entry_name", "serving_id", "number_of_units", "meal"} {
		v := f.Get(p)
		if v == "" {
			if all {
				return fail(101, "Missing required parameter: %s", p)
			}
			continue
		}
		switch p {
		case "food_id":
			e.FoodID = v
		case "food_entry_name":
			e.Name = v
		case "serving_id":
			e.ServingID = v
		case "number_of_units":
			n, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return fail(104, "Invalid decimal value: number_of_units '%s'", v)
			}
			if n <= 0 {
				return fail(107, "Value out of range: number_of_units '%s'", v)
			}
			e.Units = n
		case "meal":
			if e.Meal = strings.ToLower(v); !slices.Contains(meals, e.Meal) {
				return fail(108, "Invalid type: meal '%s'", v)
			}
		}
	}
	if s.serving(e.FoodID, e.ServingID) == nil {
		return fail(106, "Invalid ID: food_id '%s', serving_id '%s'", e.FoodID, e.ServingID)
	}
	return nil
}

func (s *Server) entryCreate(u *User, f url.Values) (any, *vendorError) {
	var e Entry
	if bad := s.fields(&e, f, true); bad != nil {
		return nil, bad
	}
	day, bad := s.day(f)
	if bad != nil {
		return nil, bad
	}
	s.nextID++
	e.ID, e.Date = strconv.Itoa(s.nextID), day
	u.Entries = append(u.Entries, e)
	if s.shapes.EntryObject {
		return map[string]any{"food_entry": s.entryJSON(e)}, nil
	}
	return map[string]any{"food_entry_id": s.wrap(e.ID)}, nil
}

func (s *Server) entryEdit(u *User, f url.Values) (any, *vendorError) {
	for i := range u.Entries {
		if u.Entries[i].ID == f.Get("food_entry_id") {
			changed := u.Entries[i] // the date cannot change
			if bad := s.fields(&changed, f, false); bad != nil {
				return nil, bad
			}
			u.Entries[i] = changed
			return map[string]any{"success": s.wrap("1")}, nil
		}
	}
	return nil, fail(106, "Invalid ID: food_entry_id '%s'", f.Get("food_entry_id"))
}

func (s *Server) entryDelete(u *User, f url.Values) (any, *vendorError) {
	before := len(u.Entries)
	u.Entries = slices.DeleteFunc(u.Entries, func(e Entry) bool { return e.ID == f.Get("food_entry_id") })
	if len(u.Entries) == before {
		return nil, fail(106, "Invalid ID: food_entry_id '%s'", f.Get("food_entry_id"))
	}
	return map[string]any{"success": s.wrap("1")}, nil
}

func (s *Server) search(_ *User, f url.Values) (any, *vendorError) {
	text := strings.ToLower(f.Get("search_expression"))
	if text == "" {
		return nil, fail(101, "Missing required parameter: search_expression")
	}
	page, size := 0, 20
	for p, dst := range map[string]*int{"page_number": &page, "max_results": &size} {
		if v := f.Get(p); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return nil, fail(102, "Invalid integer value: %s '%s'", p, v)
			}
			*dst = n
		}
	}
	if size > 50 {
		return nil, fail(107, "Value out of range: max_results '%d'", size)
	}
	var hits []any
	for _, food := range s.opt.Foods {
		if strings.Contains(strings.ToLower(food.Name), text) {
			row := map[string]any{"food_id": food.ID, "food_name": food.Name, "food_type": food.Type, "food_url": "https://foods.fatsecret.com/" + food.ID, "food_description": "Per " + food.Servings[0].Description}
			if food.Brand != "" {
				row["brand_name"] = food.Brand
			}
			hits = append(hits, row)
		}
	}
	out := map[string]any{"max_results": s.num(float64(size), 0), "page_number": s.num(float64(page), 0), "total_results": s.num(float64(len(hits)), 0)}
	if from := page * size; from < len(hits) {
		rows := hits[from:min(from+size, len(hits))]
		out["food"] = any(rows)
		if len(rows) == 1 {
			out["food"] = rows[0] // version 1 of a method has no list of one
		}
	}
	return map[string]any{"foods": out}, nil
}

func (s *Server) foodGet(_ *User, f url.Values) (any, *vendorError) {
	for _, food := range s.opt.Foods {
		if food.ID != f.Get("food_id") {
			continue
		}
		var rows []any
		for _, v := range food.Servings {
			rows = append(rows, map[string]any{
				"serving_id": v.ID, "serving_description": v.Description, "metric_serving_amount": s.num(v.Metric, 3),
				"metric_serving_unit": v.MetricUnit, "number_of_units": s.num(v.NumberOfUnits, 3), "measurement_description": v.Measurement,
				"calories": s.num(v.Calories, 0), "protein": s.num(v.Protein, 2), "fat": s.num(v.Fat, 2), "carbohydrate": s.num(v.Carb, 2),
			})
		}
		var servings any = rows
		if len(rows) == 1 {
			servings = rows[0]
		}
		out := map[string]any{"food_id": food.ID, "food_name": food.Name, "food_type": food.Type, "servings": map[string]any{"serving": servings}}
		if food.Brand != "" {
			out["brand_name"] = food.Brand
		}
		return map[string]any{"food": out}, nil
	}
	return nil, fail(106, "Invalid ID: food_id '%s'", f.Get("food_id"))
}
