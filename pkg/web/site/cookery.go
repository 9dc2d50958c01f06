package site

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// cookery is a recipe as one cooks by it.
type cookery struct {
	Servings nutrition.Servings // that are cooked; 0: the recipe does not say
	Lines    []lineView
	Steps    []stepView
	URL      string // where it is from; "": that is no web address
}

type lineView struct{ Amount, Food, Note string }

type stepView struct {
	Number  int
	Text    []string // paragraphs
	Minutes []int    // timers
}

// cook fills in the recipe, its amounts so many times; 0: none are known.
func (c *cookery) cook(r recipe.Recipe, times float64, l message.Language) {
	for _, i := range r.Ingredients {
		v := lineView{Food: i.Food.Name, Note: i.Note}
		if amount := i.Amount.Float() * times; !i.NoAmount && amount > 0 {
			v.Amount = grocery.Measured(l, amount, i.Unit)
		}
		c.Lines = append(c.Lines, v)
	}
	for n, st := range r.Steps {
		v := stepView{Number: n + 1, Minutes: timers(st)}
		for paragraph := range strings.SplitSeq(st.Instruction, "\n") {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				v.Text = append(v.Text, paragraph)
			}
		}
		if len(v.Text) > 0 {
			c.Steps = append(c.Steps, v)
		}
	}
	if strings.HasPrefix(r.URL, "https://") || strings.HasPrefix(r.URL, "http://") {
		c.URL = r.URL
	}
}

// waits finds "20 minutes", "10-15 min", "2 Stunden": the longer end of a range counts.
var waits = lazyregexp.New(`(?i)\b(\d{1,3})(?:\s*(?:-|–|to|bis)\s*(\d{1,3}))?\s*(minutes?|mins?\b|minuten|hours?|hrs?\b|stunden?|std\b)`)

// timers are the times that a step waits: its own, and those its text names.
func timers(s recipe.Step) []int {
	var out []int
	if s.Minutes > 0 {
		out = append(out, s.Minutes)
	}
	for _, n := range waitsIn(s.Instruction) {
		if len(out) == 0 || out[0] != n {
			out = append(out, n)
		}
	}
	return out
}

// waitsIn are the minutes that a text names, each once.
func waitsIn(text string) []int {
	var out []int
	for _, m := range waits().FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if m[2] != "" {
			n, err = strconv.Atoi(m[2])
		}
		if strings.HasPrefix(strings.ToLower(m[3]), "h") || strings.HasPrefix(strings.ToLower(m[3]), "st") {
			n *= 60
		}
		const day = 24 * 60
		if err == nil && n > 0 && n <= day && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
