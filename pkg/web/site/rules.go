package site

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// The kinds of rules, as their fields begin.
const (
	weeklyRule  = "weekly"
	minutesRule = "minutes"
	kcalRule    = "kcal"
)

// spareRows are offered empty for each kind, so that a rule is added without a script.
const spareRows = 2

// ruleFields are those of a row, by its kind.
var ruleFields = map[string][]string{
	weeklyRule:  {"what", "least", "most", "meals"},
	minutesRule: {"from", "to", "meals", "most"},
	kcalRule:    {"meals", "least", "most"},
}

// spareValues are what a spare row holds; every other field of it is empty.
var spareValues = map[string]string{"from": "monday", "to": "sunday"}

// rules are those that a user may write in rows.
type rules struct {
	rows     map[string][]ruleRow
	keywords []string // that the library's recipes carry
}

// Rows are the rules of a kind.
func (r rules) Rows(kind string) []ruleRow {
	rows := slices.Clone(r.rows[kind])
	for i := range rows {
		rows[i].N, rows[i].keywords = i, r.keywords
	}
	return rows
}

// Spare are empty rows behind those of a kind.
func (r rules) Spare(kind string) []ruleRow {
	var out []ruleRow
	for i := range spareRows {
		out = append(out, ruleRow{Kind: kind, N: len(r.rows[kind]) + i, Spare: true, keywords: r.keywords, values: maps.Clone(spareValues)})
	}
	return out
}

// ruleRow is a rule as a row of fields.
type ruleRow struct {
	Kind    string
	N       int
	Spare   bool
	Problem message.Text // why it is no rule
	First   bool         // of those with a problem
	at      string       // the field that the problem is about

	values   map[string]string
	keywords []string
}

// ruleField is a field of a row, and what it is called there.
type ruleField struct {
	ruleRow
	Field, Label string
}

// Number counts rows from 1.
func (r ruleRow) Number() int { return r.N + 1 }

// Name is what a field of the row is called.
func (r ruleRow) Name(field string) string { return fmt.Sprintf("%s-%d-%s", r.Kind, r.N, field) }

// Get is what a field holds.
func (r ruleRow) Get(field string) string { return r.values[field] }

// Wrong reports whether the row's problem is about the field.
func (r ruleRow) Wrong(field string) bool { return r.at == field }

// Options are the entries of a field to choose from.
func (r ruleRow) Options(field string) []choice {
	var out []choice
	switch field {
	case "from", "to":
		for d := range 7 {
			name := user.Weekdays[(d+1)%7]
			out = append(out, choice{Value: name, Label: message.Textf(message.Capital(name))})
		}
	case "meals":
		out = r.meals()
	}
	return chosen(out, r.values[field])
}

// Groups are the food groups to count.
func (r ruleRow) Groups() []choice {
	var out []choice
	for _, g := range food.Groups() {
		out = append(out, choice{Value: g, Label: message.Textf(g)})
	}
	return chosen(out, r.values["what"])
}

// Keywords are those of recipes to count, with the one that is counted.
func (r ruleRow) Keywords() []choice {
	names := r.keywords
	if what := r.values["what"]; what != "" && !slices.Contains(food.Groups(), what) && !slices.Contains(names, what) {
		names = append([]string{what}, names...)
	}
	var out []choice
	for _, n := range names {
		out = append(out, choice{Value: n, Label: message.Textf("%s", n)})
	}
	return chosen(out, r.values["what"])
}

// meals are what a rule may be about, as its words end.
func (r ruleRow) meals() []choice {
	out := []choice{{Value: "", Label: message.Textf("every meal")}}
	if r.Kind == weeklyRule {
		out = []choice{{Value: "", Label: message.Textf("lunch and dinner")}, {Value: "dishes", Label: message.Textf("lunch and dinner, different dishes")}, {Value: mealWords(recipe.Meals[:]), Label: message.Textf("every meal")}}
	}
	for _, m := range recipe.Meals {
		out = append(out, choice{Value: m.String(), Label: message.Textf(m.String())})
	}
	if r.Kind != weeklyRule {
		out = append(out, choice{Value: mealWords([]recipe.Meal{recipe.Lunch, recipe.Dinner}), Label: message.Textf("lunch and dinner")})
	}
	if now := r.values["meals"]; !slices.ContainsFunc(out, func(c choice) bool { return c.Value == now }) {
		var said []message.Text
		for w := range strings.FieldsSeq(now) {
			word := message.Textf("%s", w)
			if m, err := recipe.ParseMeal(w); err == nil {
				word = message.Textf(m.String())
			} else if w == "dishes" {
				word = message.Textf("different dishes")
			}
			said = append(said, word)
		}
		out = append(out, choice{Value: now, Label: message.List(said...)})
	}
	return out
}

func mealWords(meals []recipe.Meal) string {
	var out []string
	for _, m := range meals {
		out = append(out, m.String())
	}
	return strings.Join(out, " ")
}

// chosen marks the entry that is.
func chosen(list []choice, value string) []choice {
	for i := range list {
		list[i].On = list[i].Value == value
	}
	return list
}

// rulesOf are a user's rules as rows. Rules that are stored can be read.
func rulesOf(c user.Cooking, keywords []string) rules {
	out := rules{rows: map[string][]ruleRow{}, keywords: keywords}
	add := func(kind string, values map[string]string) {
		out.rows[kind] = append(out.rows[kind], ruleRow{Kind: kind, values: values})
	}
	counts, _ := c.Counts()
	for _, n := range counts {
		v := map[string]string{"what": n.Name}
		if n.Min > 0 || n.Max < 0 {
			v["least"] = strconv.Itoa(n.Min)
		}
		if n.Max >= 0 {
			v["most"] = strconv.Itoa(n.Max)
		}
		if !slices.Equal(n.Meals, []recipe.Meal{recipe.Lunch, recipe.Dinner}) {
			v["meals"] = mealWords(n.Meals)
		}
		if n.Dishes {
			v["meals"] = strings.TrimSpace(v["meals"] + " dishes")
		}
		add(weeklyRule, v)
	}
	limits, _ := c.Limits()
	for _, l := range limits {
		for _, days := range spans(l.Days) {
			add(minutesRule, map[string]string{"from": days[0], "to": days[1], "meals": someMeals(l.Meals), "most": strconv.Itoa(l.Minutes)})
		}
	}
	for _, text := range c.Kcal {
		if meals, r, err := user.ParseKcal(text); err == nil {
			add(kcalRule, map[string]string{"meals": someMeals(meals), "least": strconv.Itoa(int(r.Least.Kcal())), "most": strconv.Itoa(int(r.Most.Kcal()))})
		}
	}
	return out
}

// someMeals are the words for meals, none for all.
func someMeals(meals []recipe.Meal) string {
	meals = slices.Sorted(slices.Values(meals))
	if len(meals) == len(recipe.Meals) {
		return ""
	}
	return mealWords(meals)
}

// spans are the first and last days of what follows one another in a week, Monday first; the
// last may go on into the next week.
func spans(days []time.Weekday) [][2]string {
	const week = 7
	on := func(d int) bool { return slices.Contains(days, time.Weekday((d+1)%week)) }
	name := func(d int) string { return user.Weekdays[(d+1)%week] }
	if len(days) == week {
		return [][2]string{{name(0), name(week - 1)}}
	}
	var out [][2]string
	for d := range week {
		if !on(d) || on(d+week-1) {
			continue
		}
		last := d
		for on(last + 1) {
			last++
		}
		out = append(out, [2]string{name(d), name(last)})
	}
	return out
}

// readRules reads the rows of a form that was filled in where there were others, with what is
// wrong with each. Rows are in the order of those before; only a spare one that was left alone is
// no rule.
func readRules(f form, before rules) rules {
	out := rules{rows: map[string][]ruleRow{}, keywords: before.keywords}
	for kind, fields := range ruleFields {
		var texts []string
		for n := 0; ; n++ {
			at := ruleRow{Kind: kind, N: n, values: map[string]string{}}
			if _, there := f.values[at.Name("meals")]; !there {
				break
			}
			for _, field := range fields {
				at.values[field] = f.get(at.Name(field))
			}
			if f.get(at.Name("drop")) != "" || n >= len(before.rows[kind]) && at.untouched() {
				continue
			}
			at.check()
			if at.at == "" && kind == weeklyRule && !before.count(at.values["what"]) {
				at.at, at.Problem = "what", message.Textf("No recipe of your library has this keyword.")
			}
			if at.at == "" {
				if all := slices.Concat(texts, []string{at.text()}); conflict(kind, all) == nil {
					texts = all
				} else {
					at.at, at.Problem = "meals", message.Textf("Another rule says this already: change that one.")
				}
			}
			out.rows[kind] = append(out.rows[kind], at)
		}
	}
	return out
}

// markFirst marks the first row of the page with a problem, for the browser to go there.
func (r rules) markFirst() {
	for _, kind := range []string{weeklyRule, minutesRule, kcalRule} {
		for i := range r.rows[kind] {
			if r.rows[kind][i].at != "" {
				r.rows[kind][i].First = true
				return
			}
		}
	}
}

// untouched reports whether a spare row was left as it is offered.
func (r *ruleRow) untouched() bool {
	for field, v := range r.values {
		if v != "" && v != spareValues[field] {
			return false
		}
	}
	return true
}

// count reports whether a rule may count something: a food group, a keyword, or what one counted
// before. Without keywords nothing is known of them.
func (r rules) count(what string) bool {
	what = plain(what)
	return len(r.keywords) == 0 || slices.Contains(food.Groups(), what) || slices.Contains(r.keywords, what) ||
		slices.ContainsFunc(r.rows[weeklyRule], func(row ruleRow) bool { return row.values["what"] == what })
}

// conflict is why rules of a kind cannot stand together.
func conflict(kind string, texts []string) error {
	var err error
	switch kind {
	case weeklyRule:
		_, err = user.Cooking{Weekly: texts}.Counts()
	case kcalRule:
		_, err = user.Cooking{Kcal: texts}.Bounds()
	}
	return err
}

// check finds what is wrong with a row, and writes its numbers as rules have them: "-0" is 0.
func (r *ruleRow) check() {
	whole := func(field string, least, most int) int {
		n, err := strconv.Atoi(r.values[field])
		if r.at == "" && (err != nil || n < least || n > most) {
			r.at, r.Problem = field, message.Textf("Write a whole number from %d to %d.", least, most)
		} else if err == nil {
			r.values[field] = strconv.Itoa(n)
		}
		return n
	}
	const mostTimes, mostMinutes, mostKcal = 21, 1440, 5000
	switch least, most := r.values["least"], r.values["most"]; r.Kind {
	case weeklyRule:
		if r.values["what"] == "" {
			r.at, r.Problem = "what", message.Textf("Choose what to count.")
		}
		if least == "" && most == "" && r.at == "" {
			r.at, r.Problem = "least", message.Textf("Write how often at least, at most, or both.")
		}
		from, to := 0, mostTimes
		if least != "" {
			from = whole("least", 0, mostTimes)
		}
		if most != "" {
			to = whole("most", 0, mostTimes)
		}
		r.ordered(from <= to)
	case minutesRule:
		whole("most", 1, mostMinutes)
	case kcalRule:
		r.ordered(whole("least", 0, mostKcal) < whole("most", 1, mostKcal))
	}
}

// ordered says that the least is too much.
func (r *ruleRow) ordered(is bool) {
	if r.at == "" && !is {
		r.at, r.Problem = "most", message.Textf("“At most” is less than “at least”.")
	}
}

// text is the rule as commands write it.
func (r *ruleRow) text() string {
	v := r.values
	switch r.Kind {
	case weeklyRule:
		often := "= " + v["least"] + "-" + v["most"]
		switch {
		case v["most"] == "":
			often = ">= " + v["least"]
		case v["least"] == "":
			often = "<= " + v["most"]
		case v["least"] == v["most"]:
			often = "= " + v["most"]
		}
		return strings.TrimSpace(v["what"] + " " + often + " " + v["meals"])
	case minutesRule:
		days := v["from"] + "-" + v["to"]
		switch {
		case v["from"] == v["to"]:
			days = v["from"]
		case days == "monday-sunday":
			days = "daily"
		}
		return strings.Join(strings.Fields(days+" "+v["meals"]+" "+v["most"]), " ")
	default:
		return strings.TrimSpace(v["meals"] + " " + v["least"] + "-" + v["most"])
	}
}

// texts are the rules of a kind; one that says what a stored one does stays as that was written.
func (r rules) texts(kind string, before []string) []string {
	means := func(text string) any {
		one := []string{text}
		counts, _ := user.Cooking{Weekly: one}.Counts()
		limits, _ := user.Cooking{Minutes: one}.Limits()
		bounds, _ := user.Cooking{Kcal: one}.Bounds()
		return map[string]any{weeklyRule: counts, minutesRule: limits, kcalRule: bounds}[kind]
	}
	var out []string
	for _, row := range r.rows[kind] {
		text := row.text()
		if i := slices.IndexFunc(before, func(b string) bool { return reflect.DeepEqual(means(b), means(text)) }); i >= 0 {
			text = before[i]
		}
		out = append(out, text)
	}
	return out
}

func setRules(f form, u *user.User) error {
	r := readRules(f, rulesOf(u.Settings.Cooking, nil))
	for _, rows := range r.rows {
		if slices.ContainsFunc(rows, func(row ruleRow) bool { return row.at != "" }) {
			return fault.New(fault.InvalidInput, "settings", "a rule is not complete: beside it stands what is missing.")
		}
	}
	c := &u.Settings.Cooking
	c.Weekly, c.Minutes, c.Kcal = r.texts(weeklyRule, c.Weekly), r.texts(minutesRule, c.Minutes), r.texts(kcalRule, c.Kcal)
	c.TimedOnly = f.get("timed_only") != ""
	return nil
}

// plain is a keyword as rules write it.
func plain(keyword string) string { return strings.Join(strings.Fields(strings.ToLower(keyword)), " ") }

// keywordsOf are those that rules may count: not those that say for which meal a dish is, nor a
// name that holds a sign of rules.
func keywordsOf(tags []string) []string {
	var out []string
	for _, t := range tags {
		t = plain(t)
		if _, err := recipe.ParseMeal(t); err != nil && t != "" && !strings.ContainsAny(t, "<>=≥≤") && !slices.Contains(food.Groups(), t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}
