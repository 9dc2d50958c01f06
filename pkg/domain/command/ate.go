package command

import (
	"math"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// nothing takes back that a meal was eaten.
const nothing = "NOTHING"

// MaxPortion is the largest part of a planned portion that somebody may have eaten.
const MaxPortion = 10 * nutrition.OneServing

// spokenPortions are portions in words and signs.
var spokenPortions = map[string]nutrition.Servings{
	"half": nutrition.OneServing / 2, "½": nutrition.OneServing / 2, "1/2": nutrition.OneServing / 2, "¼": nutrition.OneServing / 4, "¾": nutrition.OneServing * 3 / 4,
	"1½": nutrition.OneServing * 3 / 2, "twice": 2 * nutrition.OneServing, "double": 2 * nutrition.OneServing,
}

var portionNumber = lazyregexp.New(`^\d{1,2}(?:[.,]\d{1,2})?[x×]?$`)

// portionOf reads a part of the planned portion; false: the word is none.
func portionOf(word string) (nutrition.Servings, bool) {
	word = plain(word)
	if p, ok := spokenPortions[word]; ok {
		return p, true
	}
	if !portionNumber().MatchString(word) {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimRight(word, "x×"), ",", ".", 1), 64)
	return nutrition.Servings(math.Round(f * float64(nutrition.OneServing))), err == nil
}

func (c *Command) readAte(words []string, week calendar.Date) message.Text {
	rest, why := c.slot(words, week)
	switch {
	case !why.Empty():
		return why
	case c.Meal == nil || len(rest) > 1:
		return message.Textf(`write "ATE <meal>", or "ATE <day> <meal>"`)
	case len(rest) == 0:
		return message.Text{}
	case plain(rest[0]) == strings.ToLower(nothing):
		c.Nothing = true
		return message.Text{}
	}
	p, ok := portionOf(rest[0])
	switch {
	case !ok:
		return message.Textf(`write "ATE <meal>", and after it how much of the portion: "HALF", "TWICE" or a number such as "1.5"`)
	case p <= 0 || p > MaxPortion:
		return message.Textf(`%s is not between 0.01 and %v portions; write "NOTHING" if it was not eaten after all`, Quoted(rest[0]), MaxPortion)
	case p != nutrition.OneServing:
		c.Portion = p
	}
	return message.Text{}
}
