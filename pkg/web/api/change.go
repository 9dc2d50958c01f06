package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// ForChange is what every change of a week takes.
type ForChange struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"The version of the week that the change is about, in quotation marks, or * for whatever it is. Needed." example:"\"5d41402abc4b2a76\""`
	Preview bool   `query:"preview" doc:"Say what it would do, and change nothing; If-Match is not needed."`
	Key     string `header:"Idempotency-Key" maxLength:"255" doc:"A repeated request with the same key is answered alike and changes nothing more, for a day."`
}

// Changed is what a change did, and the week as it is now.
type Changed struct {
	Done    []string `json:"done" doc:"What was done, for people."`
	Changes []Swap   `json:"changes" doc:"The meals that are others now."`
	Buy     []Bought `json:"groceries" doc:"What the shopping list has otherwise now."`
	Undo    bool     `json:"undo" doc:"It can be taken back."`
	Week    Week     `json:"week"`
}

// Swap is a meal that changed.
type Swap struct {
	Date string `json:"date" format:"date"`
	Meal string `json:"meal" enum:"breakfast,lunch,dinner"`
	Was  *Dish  `json:"was,omitempty" doc:"Left out: it was empty."`
	Is   *Dish  `json:"is,omitempty" doc:"Left out: it is empty."`
}

// Bought is a food of which another amount is bought.
type Bought struct {
	Food string `json:"food" example:"red lentils"`
	Was  string `json:"was,omitempty" doc:"Left out: it was not bought." example:"250 g"`
	Is   string `json:"is,omitempty" doc:"Left out: it is bought no longer." example:"500 g"`
}

type changedOut struct {
	ETag string `header:"ETag" doc:"The week's new version."`
	Body Changed
}

// seen is the version that a change is about, "" for any; missing and stale ones are problems. An
// attempt that was left behind may have changed the version itself: whether a repeated one is
// stale is decided where it is known what was done before.
func seen(ifMatch, now string, repeated bool) (string, error) {
	if ifMatch == "" {
		return "", newProblem(http.StatusPreconditionRequired, "precondition_required", "If-Match: send the week's version, from the ETag or the field version of the answer that showed it, so that nobody's change is lost.")
	}
	if strings.TrimSpace(ifMatch) == "*" {
		return "", nil
	}
	if slices.Contains(tags(ifMatch), now) {
		return now, nil
	}
	if repeated {
		return strings.Join(append(tags(ifMatch), "none"), " "), nil // which no version is
	}
	return "", stale()
}

func stale() error {
	return newProblem(http.StatusPreconditionFailed, "stale", "If-Match: the week was changed since. Nothing was done: get it anew, and try again with its version.")
}

// press carries out what is wanted of a week, once.
func (a *API) press(ctx context.Context, c caller, week calendar.Date, in ForChange, p replies.Press) (*changedOut, error) {
	before, err := a.plan(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	p.ID, p.Program, p.Preview = cmp.Or(c.effect, rand.Text()), true, in.Preview
	if p.Version, err = seen(in.IfMatch, before.Week.Version(), c.effect != ""); err != nil && (in.IfMatch != "" || !in.Preview) {
		return nil, err
	}
	report, err := a.Commands.Press(ctx, c.User, week, p)
	if err != nil {
		return nil, err
	}
	if err := refusal(report); err != nil {
		return nil, err
	}
	now, err := a.plan(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	if is := report.Answer.Is; in.Preview && is != nil {
		now = &plan.Plan{Week: *is}
	}
	out := Changed{Done: []string{}, Changes: []Swap{}, Buy: []Bought{}, Undo: report.Answer.Undo != "" && !in.Preview, Week: weekView(*now)}
	for _, d := range report.Answer.Done {
		out.Done = append(out.Done, d.Text)
	}
	if report.Outcome == command.Duplicate {
		out.Done = append(out.Done, "This was done before.")
	}
	for _, d := range report.Answer.Diff {
		out.Changes = append(out.Changes, Swap{Date: d.Date.String(), Meal: d.Meal.String(), Was: swapped(*before, d.Slot, d.Was), Is: swapped(*now, d.Slot, d.Is)})
	}
	for _, g := range report.Answer.Groceries {
		out.Buy = append(out.Buy, Bought{g.Name, g.Was, g.Is})
	}
	return &changedOut{quote(now.Week.Version()), out}, nil
}

func swapped(p plan.Plan, s plan.Slot, sv *plan.Serving) *Dish {
	if sv == nil {
		return nil
	}
	cooked, servings := s.Date, p.Week.Cooked(*sv)
	if b := batch(p, s, sv.Recipe); b != nil {
		cooked, servings = b.Cook, b.Servings
	}
	return dishView(*sv, cooked, servings)
}

// refusal is the problem with what was not done; nil: it was.
func refusal(r replies.Report) error {
	why := make([]string, 0, len(r.Answer.Problems))
	var wrong []Wrong
	for _, p := range r.Answer.Problems {
		why = append(why, p.Why.String())
		wrong = append(wrong, Wrong{cmp.Or(p.Line, "body"), p.Why.String()})
	}
	switch r.Outcome {
	case command.Applied, command.Informed, command.Duplicate:
		return nil
	case command.Outdated:
		return stale()
	case command.WeekOver:
		return newProblem(http.StatusConflict, "week_over", "The week is over: nothing was changed.")
	case command.RateLimited:
		p := newProblem(http.StatusTooManyRequests, "too_many_requests", "There were 300 changes within the last hour. Nothing was done: try again later.")
		p.headers.Set("Retry-After", "600")
		return p
	case command.NoCommand:
		return newProblem(http.StatusUnprocessableEntity, "not_understood", "commands: none of the lines is a command: HELP names them.")
	default:
		p := newProblem(http.StatusUnprocessableEntity, string(r.Outcome), cmp.Or(strings.Join(why, " "), "It cannot be done: nothing was changed."))
		p.Errors = wrong
		return p
	}
}

func (a *API) replan(ctx context.Context, c caller, in *replanIn) (*changedOut, error) {
	week, err := a.week(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	x := command.Command{Verb: command.Regenerate, All: in.Body.Day == ""}
	switch in.Body.Style {
	case "high protein":
		x.Mode = targets.HighProtein
	case "low carb":
		x.Mode = targets.LowCarb
	case "balanced":
		x.Mode = targets.Balanced
	case "variety":
		x.Variety = true
	}
	if in.Body.Style != "" && in.Body.Day != "" {
		return nil, fault.New(fault.InvalidInput, "replan", "style: it holds for the whole week: leave day out")
	}
	if in.Body.Day != "" {
		day, err := calendar.Parse(in.Body.Day)
		if err != nil || day.Monday() != week {
			return nil, fault.New(fault.InvalidInput, "replan", "day: %q is not a day of the week of %s", in.Body.Day, week)
		}
		x.Days = []calendar.Date{day}
	}
	if in.Body.Meal != "" {
		meal, err := recipe.ParseMeal(in.Body.Meal)
		if err != nil || len(x.Days) == 0 {
			return nil, fault.New(fault.InvalidInput, "replan", "meal: name its day, too")
		}
		x.Meal = &meal
	}
	return a.press(ctx, c, week, in.ForChange, replies.Press{Line: x.String()})
}

func (a *API) undo(ctx context.Context, c caller, in *undoIn) (*changedOut, error) {
	week, err := a.week(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	return a.press(ctx, c, week, in.ForChange, replies.Press{Line: string(command.Undo)})
}

func (a *API) command(ctx context.Context, c caller, in *commandsIn) (*changedOut, error) {
	week, err := a.week(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	for i, line := range in.Body.Commands {
		if strings.ContainsAny(line, "\r\n") || strings.TrimSpace(line) == "" {
			return nil, fault.New(fault.InvalidInput, "commands", "commands: entry %d must be one line with one command", i+1)
		}
		if replies.ByID(line) {
			return nil, fault.New(fault.InvalidInput, "commands", "commands: to take a dish, POST %s/meals/{date}/{meal}/replace with its recipe", root)
		}
	}
	return a.press(ctx, c, week, in.ForChange, replies.Press{Line: strings.Join(in.Body.Commands, "\n")})
}

// servings rounds what a program sends.
func servings(f float64) nutrition.Servings {
	return nutrition.Servings(f*float64(nutrition.OneServing) + 0.5)
}
