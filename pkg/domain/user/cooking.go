package user

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Cooking are standing wishes about what is cooked when. Its rules are kept as people write
// them.
type Cooking struct {
	// Minutes bound how long a dish may take, by weekday and meal: "monday-thursday dinner 30".
	Minutes []string `json:"minutes,omitempty"`
	// TimedOnly refuses dishes whose minutes are unknown where Minutes bounds them.
	TimedOnly bool `json:"timed_only,omitempty"`
	// Weekly are counts of lunches and dinners: "fish >= 1", "red meat <= 2 dishes".
	Weekly []string `json:"weekly,omitempty"`
	// Kcal bound the energy of a serving that is a meal: "dinner 300-1000".
	Kcal []string `json:"kcal,omitempty"`
	// SamePortions gives all meals of one batch the same portion.
	SamePortions bool `json:"same_portions,omitempty"`
	// RotateAcross counts the days before a dish returns over all meals, not for each meal.
	RotateAcross bool `json:"rotate_across,omitempty"`
	// Eaters are the shares of those who eat, 1 for an adult; they scale what is bought. Empty:
	// as many adults as People says.
	Eaters []nutrition.Servings `json:"eaters,omitempty"`
}

func (c Cooking) validate() error {
	if _, err := c.Limits(); err != nil {
		return err
	}
	if _, err := c.Counts(); err != nil {
		return err
	}
	if _, err := c.Bounds(); err != nil {
		return err
	}
	if len(c.Eaters) > maxPeople {
		return message.Errorf("eaters: %d are more than %d", len(c.Eaters), maxPeople)
	}
	for _, e := range c.Eaters {
		if e < nutrition.OneServing/10 || e > 3*nutrition.OneServing {
			return message.Errorf("eaters: %s is not between 0.1 and 3 (an adult is 1, a child 0.3 to 0.8)", e)
		}
	}
	return nil
}

const maxPeople = 20

// Household is how many servings a meal needs where its portion is one serving: the sum of the
// eaters' shares, or the number of people.
func (u User) Household() nutrition.Servings {
	if len(u.Settings.Cooking.Eaters) == 0 {
		return nutrition.Servings(u.People) * nutrition.OneServing
	}
	var sum nutrition.Servings
	for _, e := range u.Settings.Cooking.Eaters {
		sum += e
	}
	return sum
}

// Eaters is how many people eat.
func (u User) Eaters() int {
	if n := len(u.Settings.Cooking.Eaters); n > 0 {
		return n
	}
	return u.People
}

// Limit bounds the minutes of dishes.
type Limit struct {
	Days    []time.Weekday
	Meals   []recipe.Meal
	Minutes int
}

// Limits are the rules of Minutes. The error names the rule and how it should look.
func (c Cooking) Limits() ([]Limit, error) {
	out := make([]Limit, 0, len(c.Minutes))
	for _, text := range c.Minutes {
		l, err := parseLimit(text)
		if err != nil {
			return nil, message.Errorf("minutes: %q: %v", text, err)
		}
		out = append(out, l)
	}
	return out, nil
}

var limitExample = message.Textf("write days, meals and minutes: monday-thursday dinner 30, weekdays 40, sunday lunch 90")

// parseLimit reads "monday-thursday dinner 30". Without days it is every day, without meals
// every meal.
func parseLimit(text string) (Limit, error) {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, ",", " ")))
	if n := len(words); n > 1 && (words[n-1] == "min" || words[n-1] == "minutes") {
		words = words[:n-1]
	}
	if len(words) == 0 {
		return Limit{}, message.Errorf("is empty: %s", limitExample)
	}
	last := words[len(words)-1]
	minutes, err := strconv.Atoi(last)
	if err != nil || minutes < 1 || minutes > 1440 {
		return Limit{}, message.Errorf("%q is no number of minutes from 1 to 1440: %s", last, limitExample)
	}
	l := Limit{Minutes: minutes}
	for _, w := range words[:len(words)-1] {
		if w == "and" {
			continue
		}
		if m, err := recipe.ParseMeal(w); err == nil {
			l.Meals = append(l.Meals, m)
			continue
		}
		days, ok := parseDays(w)
		if !ok {
			return Limit{}, message.Errorf("%q is no day and no meal: %s", w, limitExample)
		}
		l.Days = append(l.Days, days...)
	}
	if len(l.Days) == 0 {
		l.Days, _ = parseDays("daily")
	}
	if len(l.Meals) == 0 {
		l.Meals = recipe.Meals[:]
	}
	slices.Sort(l.Days)
	slices.Sort(l.Meals)
	l.Days, l.Meals = slices.Compact(l.Days), slices.Compact(l.Meals)
	return l, nil
}

// parseDays reads a weekday, a range of them ("fri-mon"), weekdays, weekends or daily. A name
// may be cut off after its third letter.
func parseDays(s string) ([]time.Weekday, bool) {
	switch s {
	case "weekday", "weekdays":
		s = "monday-friday"
	case "weekend", "weekends":
		s = "saturday-sunday"
	case "daily":
		s = "monday-sunday"
	}
	from, to, isRange := strings.Cut(s, "-")
	first, ok := weekday(from)
	if !ok || !isRange {
		return []time.Weekday{first}, ok
	}
	last, ok := weekday(to)
	if !ok {
		return nil, false
	}
	out := []time.Weekday{first}
	for d := first; d != last; {
		d = (d + 1) % 7
		out = append(out, d)
	}
	return out, true
}

func weekday(s string) (time.Weekday, bool) {
	const least = 3
	if len(s) < least {
		return 0, false
	}
	i := slices.IndexFunc(Weekdays, func(w string) bool { return strings.HasPrefix(w, s) || s == w+"s" })
	return time.Weekday(max(0, i)), i >= 0
}

// Count bounds how often something is eaten in a week.
type Count struct {
	Name  string // a food group, or a keyword of recipes
	Meals []recipe.Meal
	// Dishes counts different recipes, not meals.
	Dishes   bool
	Min, Max int // Max < 0: no limit
}

// Counts are the rules of Weekly. The error names the rule and how it should look.
func (c Cooking) Counts() ([]Count, error) {
	out := make([]Count, 0, len(c.Weekly))
	for _, text := range c.Weekly {
		n, err := parseCount(text)
		if err != nil {
			return nil, message.Errorf("weekly: %q: %v", text, err)
		}
		if slices.ContainsFunc(out, func(o Count) bool { return o.Name == n.Name && o.Dishes == n.Dishes && slices.Equal(o.Meals, n.Meals) }) {
			return nil, message.Errorf("weekly: %q: there is another rule for %s: write one, such as %s = 1-3", text, n.Name, n.Name)
		}
		out = append(out, n)
	}
	return out, nil
}

var countExample = message.Textf("write what and how often: fish >= 1, red meat <= 2, pasta = 1-2, soup <= 1 dishes, eggs <= 3 breakfast")

// parseCount reads "fish >= 1" and its kind.
func parseCount(text string) (Count, error) {
	name, rest, op := "", "", ""
	for _, o := range []string{">=", "<=", "≥", "≤", "="} {
		if before, after, ok := strings.Cut(text, o); ok {
			name, rest, op = before, after, o
			break
		}
	}
	if op == "" {
		return Count{}, message.Errorf("has no >=, <= or =: %s", countExample)
	}
	n := Count{Name: strings.Join(strings.Fields(strings.ToLower(name)), " "), Max: -1}
	words := strings.Fields(strings.ToLower(rest))
	if n.Name == "" || len(words) == 0 {
		return Count{}, message.Errorf("%s", countExample)
	}
	low, high, isRange := strings.Cut(words[0], "-")
	least, err := strconv.Atoi(low)
	most := least
	if err == nil && isRange {
		most, err = strconv.Atoi(high)
	}
	if err != nil || least < 0 || most < least || most > 21 {
		return Count{}, message.Errorf("%q is no number from 0 to 21: %s", words[0], countExample)
	}
	switch {
	case op == "=":
		n.Min, n.Max = least, most
	case isRange:
		return Count{}, message.Errorf("%q is a range: write =", words[0])
	case op == ">=" || op == "≥":
		n.Min = least
	default:
		n.Max = most
	}
	for _, w := range words[1:] {
		w = strings.TrimRight(w, ",")
		switch m, err := recipe.ParseMeal(strings.TrimSuffix(w, "s")); {
		case err == nil:
			n.Meals = append(n.Meals, m)
		case w == "dishes" || w == "dish":
			n.Dishes = true
		case w == "meals" || w == "times" || w == "and":
		default:
			return Count{}, message.Errorf("%q is no meal: %s", w, countExample)
		}
	}
	if len(n.Meals) == 0 {
		n.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
	}
	slices.Sort(n.Meals)
	n.Meals = slices.Compact(n.Meals)
	return n, nil
}
