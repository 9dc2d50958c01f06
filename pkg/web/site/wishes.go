package site

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// wishesPage are the wishes for a week's days that are not over.
type wishesPage struct {
	Week  calendar.Date
	Modes []choice
	Days  []wishDay
	Quick int    // minutes on travel days
	Seen  string // changes with the wishes
	Said  []message.Text
	refusal
}

type wishDay struct {
	Date   calendar.Date
	Travel bool
	Meals  []wishMeal
}

// Said is what is wished for the day, none for nothing.
func (d wishDay) Said() []message.Text {
	var out []message.Text
	if d.Travel {
		out = append(out, message.Textf("short of time"))
	}
	skipped, guests := 0, 0
	for _, m := range d.Meals {
		guests += m.Guests
		if m.Skipped {
			skipped++
		}
	}
	if skipped > 0 {
		out = append(out, message.Counted(skipped, "%d meal skipped", "%d meals skipped"))
	}
	if guests > 0 {
		out = append(out, message.Counted(guests, "%d guest", "%d guests"))
	}
	return out
}

// sum says what is wished for the week, in a line.
func (p *wishesPage) sum(mode message.Text) {
	days := 0
	for _, d := range p.Days {
		if len(d.Said()) > 0 {
			days++
		}
	}
	if days > 0 {
		p.Said = append(p.Said, message.Counted(days, "wishes for %d day", "wishes for %d days"))
	}
	if !mode.Empty() {
		p.Said = append(p.Said, mode)
	}
}

type wishMeal struct {
	Slot    plan.Slot
	Skipped bool
	Guests  int
	Typed   string // into the field of the guests
}

// ID is that of the field of the guests.
func (m wishMeal) ID() string { return "guests-" + m.Slot.Date.String() + "-" + m.Slot.Meal.String() }

// Open reports whether the day shows its fields.
func (d wishDay) Open(field string) bool {
	return len(d.Said()) > 0 || slices.ContainsFunc(d.Meals, func(m wishMeal) bool { return m.ID() == field })
}

// wishField is a field of the form, to send again.
type wishField struct{ Name, Value string }

// modes are how a week may be emphasised.
var modes = []choice{
	{Value: "", Label: message.Textf("as in your targets")},
	{Value: string(targets.HighProtein), Label: message.Textf("more protein")},
	{Value: string(targets.LowCarb), Label: message.Textf("less carbohydrate")},
	{Value: string(targets.Balanced), Label: message.Textf("30 % protein, 30 % fat, 40 % carbohydrate")},
}

func (s *Site) wishes(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	return s.showWishes(w, r, id, week, nil)
}

// showWishes shows the wishes, or with what was refused the form as it was filled in.
func (s *Site) showWishes(w http.ResponseWriter, r *http.Request, id string, week calendar.Date, refused error) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	today, err := s.today(r, id)
	if err != nil {
		return err
	}
	now, err := s.Commands.Wishes(r.Context(), id, week)
	if err != nil {
		return err
	}
	page := wishesPage{Week: week, Modes: slices.Clone(modes), Quick: u.Settings.QuickMinutes, Seen: seenWishes(now)}
	chosen := string(now.Mode)
	if refused != nil {
		chosen = r.PostForm.Get("mode")
		page.Seen = cmp.Or(r.PostForm.Get("seen"), page.Seen) // what they were shown
	}
	for i := range page.Modes {
		page.Modes[i].On = page.Modes[i].Value == chosen
	}
	for d := max(today, week); d < week+7; d++ {
		day := wishDay{Date: d, Travel: slices.Contains(now.Travel, d)}
		for _, m := range recipe.Meals {
			if !u.Settings.Plans(m) {
				continue
			}
			meal := wishMeal{Slot: plan.Slot{Date: d, Meal: m}}
			meal.Skipped = now.Skipped(meal.Slot)
			for _, g := range now.Guests {
				if g.Slot == meal.Slot {
					meal.Guests, meal.Typed = g.People, strconv.Itoa(g.People)
				}
			}
			if refused != nil {
				page.retype(&meal, r.PostForm)
			}
			day.Meals = append(day.Meals, meal)
		}
		if refused != nil {
			day.Travel = slices.Contains(r.PostForm["travel"], d.String())
		}
		page.Days = append(page.Days, day)
	}
	mode := message.Text{}
	if i := slices.IndexFunc(page.Modes, func(c choice) bool { return c.On && c.Value != "" }); i >= 0 {
		mode = page.Modes[i].Label
	}
	page.sum(mode)
	status := http.StatusOK
	if refused != nil {
		why := refusalOf(r, refused)
		page.Problem, page.why, status = why.Problem, why.why, http.StatusUnprocessableEntity
	}
	return s.show(w, r, view{file: "wishes.html", title: message.Textf("Wishes for the week"), nav: "week", status: status, data: page})
}

// retype shows a meal as the refused form had it, and remembers the first field that is wrong.
func (p *wishesPage) retype(m *wishMeal, f url.Values) {
	slot := m.Slot.Date.String() + " " + m.Slot.Meal.String()
	m.Skipped, m.Typed = slices.Contains(f["skip"], slot), f.Get("guests "+slot)
	n, err := guestsOf(m.Typed)
	if m.Guests = n; err != nil && p.Field == "" {
		p.Field = m.ID()
	}
}

// guestsOf reads a number of guests; nothing is none.
func guestsOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > plan.MaxGuests {
		return 0, fault.New(fault.InvalidInput, "wishes", "guests: %q is no number from 0 to %d", text, plan.MaxGuests)
	}
	return n, nil
}

// wish shows what the wishes would do, and with the field "sure" does it.
func (s *Site) wish(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	wanted, err := readWishes(r.PostForm, week)
	if err != nil {
		return s.showWishes(w, r, id, week, err)
	}
	now, err := s.Commands.Wishes(r.Context(), id, week)
	if err != nil {
		return err
	}
	if shown := r.PostForm.Get("seen"); shown != "" && shown != seenWishes(now) {
		err := fault.New(fault.Conflict, "wishes", "the wishes for this week were changed elsewhere since this page was shown. This is how they are now; change them here.")
		return s.said(w, r, "/week/"+week.String()+"/wishes", message.Text{}, err)
	}
	if r.PostForm.Get("sure") != "" {
		return s.press(w, r, id, "/week/"+week.String(), week, replies.Press{Wanted: &wanted})
	}
	page := previewPage{Week: week}
	for name, values := range r.PostForm {
		for _, v := range values {
			page.Wishes = append(page.Wishes, wishField{name, v})
		}
	}
	return s.showPreview(w, r, id, page, replies.Press{Wanted: &wanted})
}

// seenWishes changes with the wishes.
func seenWishes(w plan.Wishes) string {
	text, err := json.Marshal(w)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// readWishes reads the form: "travel" and "skip" hold days and slots, "guests <slot>" numbers.
func readWishes(f url.Values, week calendar.Date) (replies.Wanted, error) {
	out := replies.Wanted{Mode: targets.Mode(f.Get("mode"))}
	for _, v := range f["travel"] {
		d, err := calendar.Parse(v)
		if err != nil || d.Monday() != week {
			return out, fault.New(fault.InvalidInput, "wishes", "travel: %q is no day of the week", v)
		}
		out.Travel = append(out.Travel, d)
	}
	for _, v := range f["skip"] {
		slot, err := parseSlot(v, week)
		if err != nil {
			return out, err
		}
		out.Skips = append(out.Skips, slot)
	}
	for name, values := range f {
		at, ok := strings.CutPrefix(name, "guests ")
		if !ok || values[0] == "" {
			continue
		}
		slot, err := parseSlot(at, week)
		if err != nil {
			return out, err
		}
		n, err := guestsOf(values[0])
		if err != nil {
			return out, err
		}
		if n > 0 {
			out.Guests = append(out.Guests, plan.Guests{Slot: slot, People: n})
		}
	}
	return out, nil
}

// parseSlot reads "2026-12-04 dinner".
func parseSlot(text string, week calendar.Date) (plan.Slot, error) {
	date, meal, _ := strings.Cut(text, " ")
	d, derr := calendar.Parse(date)
	m, merr := recipe.ParseMeal(meal)
	if derr != nil || merr != nil || d.Monday() != week {
		return plan.Slot{}, fault.New(fault.InvalidInput, "wishes", "%q is no meal of the week", text)
	}
	return plan.Slot{Date: d, Meal: m}, nil
}
