package prep

import (
	_ "embed" // for the table
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

//go:embed data/keeps.csv
var keepsFile string

// keeps are the days that dishes with foods of the tables keep in a fridge, where that is less than
// [MaxAge]. Those with meat, fish or eggs need no row: see [perishable].
var keeps = sync.OnceValue(func() map[string]int {
	out, err := readKeeps(keepsFile)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return out
})

func readKeeps(file string) (map[string]int, error) {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("keeps: %w", err)
	}
	out := map[string]int{}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[1])
		if err != nil || n < 1 || n > MaxAge {
			return nil, fmt.Errorf("keeps: %q: days: %q is no number from 1 to %d", row[0], row[1], MaxAge)
		}
		if f, ok := food.Lookup(row[0]); !ok || f.Name != row[0] {
			return nil, fmt.Errorf("keeps: %q is no name of foods.csv", row[0])
		}
		out[row[0]] = n
	}
	return out, nil
}

// strict is how long a dish keeps of which nothing more is known.
const strict = 3

// perishable is what keeps no longer than [strict], however little of it a dish holds.
const perishable = diet.Pork | diet.Meat | diet.Fish | diet.Shellfish | diet.Eggs

// keepOf is how many days a dish keeps in a fridge: as long as its most perishable food.
func keepOf(r recipe.Recipe) int {
	days := MaxAge
	for _, in := range r.Ingredients {
		if in.Heads() {
			continue
		}
		l := food.Identify(in)
		if n, ok := keeps()[l.Food.Name]; ok {
			days = min(days, n)
		}
		if brings, known := diet.Classify(in.Food); !l.Named || !known || brings&perishable != 0 {
			days = min(days, strict)
		}
	}
	return days
}

// Keeps is how many days after cooking a portion may be eaten from the fridge.
func (b Batch) Keeps() int {
	if b.Keep == 0 { // planned before it was told
		return strict
	}
	return b.Keep
}

// Freezes reports whether a portion has to be frozen until it is eaten.
func (b Batch) Freezes(e Eaten) bool { return int(e.Date-b.Cook) > b.Keeps() }

// Storage says how what is left of the batch is kept; nothing where it is eaten up at once.
func (b Batch) Storage() []message.Text {
	var out, frozen []message.Text
	chilled := false
	for _, e := range b.Eaten {
		switch {
		case b.Freezes(e):
			frozen = append(frozen, message.Textf("%v %v", e.Date.Weekday(), e.Meal))
		case e.Date > b.Cook:
			chilled = true
		}
	}
	if chilled {
		out = append(out, message.Textf("Chill what is left within two hours, a big pot in small portions; it keeps for %d days.", b.Keeps()))
	}
	if len(frozen) > 0 {
		out = append(out, message.Textf("Freeze what is for %v, which is too long for the fridge; thaw it there from the evening before.", message.List(frozen...)))
	}
	return out
}

// Serving says what to do with a portion that was cooked before its day; nothing with a fresh one.
func (b Batch) Serving(e Eaten) []message.Text {
	if e.Date <= b.Cook {
		return nil
	}
	from := message.Textf("It is in the fridge, where it keeps until %v.", (b.Cook + calendar.Date(b.Keeps())).Weekday())
	if b.Freezes(e) {
		from = message.Textf("It is in the freezer: it would have kept until %v in the fridge. Thaw it there from %v evening.", (b.Cook + calendar.Date(b.Keeps())).Weekday(), (e.Date - 1).Weekday())
	}
	return []message.Text{from, message.Textf("Reheat it at most once, until it steams all through.")}
}

// Thawing are the portions that leave the freezer on the evening of a day.
func (l List) Thawing(evening calendar.Date) []Portion {
	var out []Portion
	for _, b := range l.Batches {
		for _, e := range b.Eaten {
			if b.Freezes(e) && e.Date-1 == evening {
				out = append(out, Portion{b.Name, e})
			}
		}
	}
	return out
}

// Portion is one meal of a batch by its name.
type Portion struct {
	Name string
	Eaten
}
