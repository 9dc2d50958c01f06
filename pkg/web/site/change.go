package site

import (
	"cmp"
	"crypto/rand"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// command carries out a button, unless the week was changed elsewhere since the page was shown.
func (s *Site) command(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	line, err := commandLine(r.PostForm.Get("command"))
	if err != nil {
		return err
	}
	return s.press(w, r, id, "/week/"+week.String()+dayOf(line, week), week, replies.Press{Line: line})
}

// dayOf is the fragment of the one day that a command is about, so that the page comes back there.
func dayOf(line string, week calendar.Date) string {
	p := command.Parse(line, week)
	if len(p.Commands) != 1 || len(p.Commands[0].Days) != 1 {
		return ""
	}
	return "#day-" + p.Commands[0].Days[0].String()
}

func commandLine(line string) (string, error) {
	if strings.ContainsAny(line, "\r\n") || line == "" {
		return "", fault.New(fault.InvalidInput, "command", "command: one line is needed")
	}
	return line, nil
}

// press carries out what a form wants, and says on the page at the path what became of it.
func (s *Site) press(w http.ResponseWriter, r *http.Request, id, path string, week calendar.Date, p replies.Press) error {
	p.ID, p.Version = cmp.Or(r.PostForm.Get("once"), rand.Text()), r.PostForm.Get("version")
	report, err := s.Commands.Press(r.Context(), id, week, p)
	if err != nil {
		return err
	}
	say := append(told(report), swaps(report.Answer)...)
	return s.back(w, r, path, message.Joined(say...))
}

// swaps say which dishes are others now, as far as what was done does not say so.
func swaps(a replies.Answer) []message.Text {
	var out []message.Text
	told := func(name string) bool {
		return slices.ContainsFunc(a.Done, func(d replies.Result) bool { return strings.Contains(d.Text, name) })
	}
	for _, d := range a.Diff {
		switch is, was := names(d); {
		case d.Is == nil: // it is skipped, or missing
			if d.Was != nil {
				out = append(out, message.Textf("%v: no longer %v.", d.Text(), was))
			}
		case d.Was == nil:
			out = append(out, message.Textf("%v: %v.", d.Text(), is))
		case told(d.Is.Name):
			out = append(out, message.Textf("Until now it was %v.", was))
		default:
			out = append(out, message.Textf("%v: %v instead of %v.", d.Text(), is, was))
		}
	}
	return out
}

// names are what a slot holds now and held before.
func names(d plan.Difference) (is, was message.Text) {
	is, was = message.Textf("nothing"), message.Textf("nothing")
	if d.Is != nil {
		is = message.Textf("%s", d.Is.Name)
	}
	if d.Was != nil {
		was = message.Textf("%s", d.Was.Name)
	}
	return is, was
}

// told is what became of a press.
func told(report replies.Report) []message.Text {
	var say []message.Text
	for _, d := range report.Answer.Done {
		say = append(say, message.Textf("%s", d.Text))
	}
	for _, p := range report.Answer.Problems {
		say = append(say, p.Why)
	}
	switch report.Outcome {
	case command.Duplicate:
		say = append(say, message.Textf("This button was pressed before."))
	case command.Outdated:
		say = append(say, message.Textf("This week was changed elsewhere meanwhile. This is how it is now; nothing else was changed."))
	case command.RateLimited:
		say = append(say, message.Textf("There were many commands within the last hour. Please try again later."))
	case command.WeekOver:
		say = append(say, message.Textf("This week is over: nothing was changed."))
	default:
	}
	return say
}

// previewPage is what a change would do.
type previewPage struct {
	Week     calendar.Date
	Command  string // "" for wishes
	Wishes   []wishField
	Version  string
	Once     string
	Said     []template.HTML
	Possible bool
	Planned  bool // the week is
	Changes  []change
	Days     []dayChange // that are off target, or were
	Steady   []dayChange // that are on target as before

	Groceries []grocery.Change
}

// change is a meal that would be another.
type change struct {
	Slot    plan.Slot
	Was, Is message.Text
	Portion string

	WasRecipe, IsRecipe recipe.ID // 0: none
}

// dayChange is a day whose figures would be others.
type dayChange struct {
	Date    calendar.Date
	Was, In bool
	Part    int // the meals that the target is for; 0: all of the day
	Bars    []bar
}

// preview shows what a command would do. It changes nothing.
func (s *Site) preview(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	line, err := commandLine(r.URL.Query().Get("command"))
	if err != nil {
		return err
	}
	return s.showPreview(w, r, id, previewPage{Week: week, Command: line}, replies.Press{Line: line})
}

func (s *Site) showPreview(w http.ResponseWriter, r *http.Request, id string, page previewPage, p replies.Press) error {
	p.Preview = true
	report, err := s.Commands.Press(r.Context(), id, page.Week, p)
	if err != nil {
		return err
	}
	dishes, err := s.dishesOf(r, id)
	if err != nil {
		return err
	}
	for _, said := range told(report) {
		page.Said = append(page.Said, dishes.In(spoken(r), said.In(spoken(r))))
	}
	a := report.Answer
	page.Possible, page.Once = report.Outcome == command.Applied, rand.Text()
	page.Version = "none" // of a week that is not planned: once it is, this is not what was shown
	if page.Planned, page.Groceries = a.Was != nil, a.Groceries; page.Planned {
		page.Version = a.Was.Version()
	}
	for _, d := range a.Diff {
		c := change{Slot: d.Slot}
		if c.Is, c.Was = names(d); d.Is == nil && a.Is != nil && !a.Is.Missing(d.Slot) {
			c.Is = message.Textf("skipped")
		}
		if d.Was != nil {
			c.WasRecipe = d.Was.Recipe
		}
		if d.Is != nil {
			c.IsRecipe = d.Is.Recipe
			c.Portion = spoken(r).Word(d.Is.Servings.String())
		}
		page.Changes = append(page.Changes, c)
	}
	if a.Is != nil && a.Was != nil {
		for i, d := range a.Is.Days {
			if before := a.Was.Days[i]; d.Actual != before.Actual || d.Target != before.Target {
				c := dayChange{d.Date, before.Balanced, d.Balanced, part(*a.Is, d), bars(d, a.Is.TolerancePct, spoken(r))}
				if c.In && c.Was {
					page.Steady = append(page.Steady, c)
				} else {
					page.Days = append(page.Days, c)
				}
			}
		}
	}
	return s.show(w, r, view{file: "preview.html", title: message.Textf("What would change"), nav: "week", data: page})
}

// part is how many meals a day's target is for; 0: all.
func part(w plan.Week, d plan.Day) int {
	full, n := len(d.Meals), len(d.Missing)
	for _, sv := range d.Meals {
		if sv != nil {
			n++
		}
	}
	if n == full || d.Target == w.Target {
		return 0
	}
	return n
}

// historyPage is what was changed in a week.
type historyPage struct {
	Week    calendar.Date
	Version string
	Once    string
	Undo    string // the command; "": there is nothing to take back
	Past    []pastView
}

type pastView struct {
	When   string
	What   template.HTML
	How    message.Text
	Undone bool
}

// sources say how a command came.
var sources = map[replies.Source]message.Text{
	replies.ByMail: message.Textf("by mail"), replies.ByButton: message.Textf("by a button in a mail"), replies.ByPage: message.Textf("on this website"), replies.ByAPI: message.Textf("by a program"),
}

func (s *Site) history(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	zone, err := u.Location()
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "user", err)
	}
	past, err := s.Commands.History(r.Context(), id, week)
	if err != nil {
		return err
	}
	page := historyPage{Week: week, Once: rand.Text()}
	dishes := dishNames{}
	if len(past) > 0 {
		if dishes, err = s.dishesOf(r, id); err != nil {
			return err
		}
	}
	for _, p := range past {
		page.Past = append(page.Past, pastView{spoken(r).Moment(p.At.In(zone)), dishes.In(spoken(r), strings.Join(p.Results, " ")), sources[p.Source], p.Undone})
	}
	stored, err := s.Plans.Get(r.Context(), id, week)
	switch {
	case err == nil:
		page.Version = stored.Week.Version()
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	if i := slices.IndexFunc(past, func(p replies.Past) bool { return p.Undoable }); i >= 0 && !past[i].Undone && calendar.On(s.now().In(zone)) <= week+6 {
		page.Undo = string(command.Undo)
	}
	return s.show(w, r, view{file: "history.html", title: message.Textf("What was changed"), nav: "week", data: page})
}
