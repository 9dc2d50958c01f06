package site

import (
	"math"
	"net/http"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// eatenView is what can be said, and was, of how much of a meal was eaten.
type eatenView struct {
	Ask  bool               // the meal is not ahead, and its week not over
	Said nutrition.Servings // of the recipe; 0: nothing was said
}

// portion is a part of a meal's portion to choose.
type portion struct {
	Value       string
	Label, More message.Text
}

// Choices are the parts to choose from.
func (e eatenView) Choices() []portion {
	out := []portion{
		{"0.5", message.Textf("%s", "½"), message.Textf("of the portion")},
		{"1", message.Textf("All of it"), message.Text{}},
		{"1.5", message.Textf("%s", "1½"), message.Textf("portions")},
		{"2", message.Textf("%d", 2), message.Textf("portions")},
	}
	if e.Said > 0 {
		out = append(out, portion{"0", message.Textf("Not eaten after all"), message.Text{}})
	}
	return out
}

// eaten says what was said of the page's meal.
func (s *Site) eaten(r *http.Request, id string, page *mealPage, today calendar.Date) error {
	page.Eaten.Ask = page.Slot.Date <= today && page.Week+6 >= today
	if !page.Eaten.Ask {
		return nil
	}
	page.Buttons = slices.DeleteFunc(page.Buttons, func(b button) bool { return b.Command == ate(page, 0).String() })
	all, err := s.Commands.Eaten(r.Context(), id, page.Week)
	for _, e := range all {
		if e.Slot == page.Slot {
			page.Eaten.Said = e.Servings
		}
	}
	return err
}

// ate says that so much of the meal's portion was eaten; 0: all of it.
func ate(page *mealPage, portion nutrition.Servings) command.Command {
	return command.Command{Verb: command.Ate, Days: []calendar.Date{page.Slot.Date}, Meal: &page.Slot.Meal, Portion: portion}
}

// ate stores how much was eaten, by the form's field "portion".
func (s *Site) ate(w http.ResponseWriter, r *http.Request, id string) error {
	slot, err := slotOf(r)
	if err != nil {
		return err
	}
	path := "/meal/" + slot.Date.String() + "/" + slot.Meal.String()
	portion, err := (form{r.PostForm}).number("portion", 0, command.MaxPortion.Float())
	if err != nil {
		return s.said(w, r, path, message.Text{}, fault.New(fault.InvalidInput, "meal", "portion: write a number from 0 to %s, such as 0.75; 0 if it was not eaten", command.MaxPortion.String()))
	}
	const hundredth = nutrition.OneServing / 100
	c := ate(&mealPage{Slot: slot}, nutrition.Servings(math.Round(portion*100))*hundredth)
	switch c.Portion {
	case nutrition.OneServing:
		c.Portion = 0
	case 0:
		c.Nothing = true
	default:
	}
	return s.press(w, r, id, path, slot.Date.Monday(), replies.Press{Line: c.String()})
}
