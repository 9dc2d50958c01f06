package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// OfWeek names a week in the address.
type OfWeek struct {
	Week string `path:"week" pattern:"^(this|next|[0-9]{4}-[0-9]{2}-[0-9]{2})$" maxLength:"10" doc:"this, next, or the week's Monday." example:"this"`
}

// list of weeks.
type weeksIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most." example:"20"`
	Cursor string `query:"cursor" maxLength:"64" doc:"Where to go on: next of the answer before."`
}

// Weeks is a page of planned weeks.
type Weeks struct {
	Weeks []WeekState `json:"weeks" doc:"The newest first."`
	Next  string      `json:"next,omitempty" doc:"The cursor of the page after this one; left out on the last."`
}

// WeekState is a planned week in a list.
type WeekState struct {
	Week     string    `json:"week" format:"date" doc:"Its Monday." example:"2026-11-30"`
	Status   string    `json:"status" enum:"balanced,unbalanced"`
	Balanced int       `json:"days_in_band" doc:"Days whose every macro is in its band." example:"7"`
	Planned  time.Time `json:"planned_at" doc:"When it was first planned."`
	Mail     string    `json:"mail" enum:"none,pending,sent,failed" doc:"What became of its mail."`
}

type weeksOut struct {
	Link string `header:"Link" doc:"The next page, rel=next."`
	Body Weeks
}

// versioned is an answer about a week.
type weekOut struct {
	ETag string `header:"ETag" doc:"The week's version."`
	Body Week
}

type replanIn struct {
	OfWeek
	ForChange
	Body struct {
		Day   string `json:"day,omitempty" format:"date" doc:"One day of the week alone."`
		Meal  string `json:"meal,omitempty" enum:"breakfast,lunch,dinner" doc:"One meal of that day alone."`
		Style string `json:"style,omitempty" enum:"high protein,low carb,balanced,variety" doc:"How; for the whole week alone."`
	}
}

type commandsIn struct {
	OfWeek
	ForChange
	Body struct {
		Commands []string `json:"commands" minItems:"1" maxItems:"20" maxLength:"300" doc:"Commands as replies to mails have them, carried out together or not at all." example:"[\"TRAVEL wed-thu\"]"`
	}
}

type undoIn struct {
	OfWeek
	ForChange
}

func (a *API) registerWeeks() {
	const tag = "Weeks"
	plans, read := []access.Scope{access.PlanWrite}, []access.Scope{access.PlanRead}
	add(a, operation{
		id: "listWeeks", method: http.MethodGet, path: "/weeks", tag: tag, scopes: read, summary: "List planned weeks",
		about: "The newest first, page by page: as long as the answer has next, ask again with it as cursor.",
	}, a.listWeeks)
	add(a, operation{
		id: "getWeek", method: http.MethodGet, path: "/weeks/{week}", tag: tag, scopes: read, summary: "A week with its meals", errors: []int{http.StatusNotFound},
		about: "Each day's dishes and figures beside its target. The ETag is what changes of the week take in If-Match.",
	}, a.getWeek)
	add(a, operation{
		id: "planWeek", method: http.MethodPost, path: "/weeks/{week}", tag: tag, scopes: plans, status: http.StatusCreated, summary: "Plan a week",
		about: "Plans a week that is not planned yet and mails it, as the schedule would; of a running week the meals from the next one on.",
	}, a.planWeek)
	change := []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	add(a, operation{
		id: "replan", method: http.MethodPost, path: "/weeks/{week}/replan", tag: tag, scopes: plans, errors: change, summary: "Replan what is not locked",
		about: "The week from today on, a day, or a meal.",
	}, a.replan)
	add(a, operation{
		id: "undo", method: http.MethodPost, path: "/weeks/{week}/undo", tag: tag, scopes: plans, errors: change, summary: "Take the last change back",
		about: "By mail, page or program. Once: what was before it is not kept longer.",
	}, a.undo)
	add(a, operation{
		id: "command", method: http.MethodPost, path: "/weeks/{week}/commands", tag: tag, scopes: plans, errors: change, summary: "Carry out commands",
		about: "Whatever replies to mails can say, dislikes among it.",
	}, a.command)
	add(a, operation{
		id: "getWishes", method: http.MethodGet, path: "/weeks/{week}/wishes", tag: tag, scopes: read, summary: "Wishes for a week",
		about: "Travel days, skipped meals, guests, emphasis. They can be there before the week is planned.",
	}, a.wishes)
	add(a, operation{
		id: "putWishes", method: http.MethodPut, path: "/weeks/{week}/wishes", tag: tag, scopes: plans, errors: change, summary: "Replace the wishes for a week",
		about: "Those for days that are over stay; the meals that they concern are replanned.",
	}, a.wish)
	add(a, operation{
		id: "listChanges", method: http.MethodGet, path: "/weeks/{week}/history", tag: tag, scopes: read, summary: "What was done to a week",
		about: "By mail, page or program, the newest first.",
	}, a.history)
}

// week reads the week in the address.
func (a *API) week(ctx context.Context, c caller, in OfWeek) (calendar.Date, error) {
	if in.Week == "this" || in.Week == "next" {
		today, err := a.today(ctx, c.User)
		if err != nil {
			return 0, err
		}
		if in.Week == "next" {
			return today.Monday() + 7, nil
		}
		return today.Monday(), nil
	}
	week, err := calendar.Parse(in.Week)
	if err != nil || week != week.Monday() {
		return 0, fault.New(fault.InvalidInput, "week", "week: %q is not the Monday of a week, this or next", in.Week)
	}
	return week, nil
}

// today is the date on the user's clock.
func (a *API) today(ctx context.Context, id string) (calendar.Date, error) {
	u, err := a.Users.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	zone, err := u.Location()
	if err != nil {
		return 0, fault.Wrap(fault.Internal, "user", err)
	}
	return calendar.On(a.now().In(zone)), nil
}

func (a *API) listWeeks(ctx context.Context, c caller, in *weeksIn) (*weeksOut, error) {
	all, err := a.Plans.Weeks(ctx, c.User)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		after, perr := calendar.Parse(string(raw))
		if err != nil || perr != nil {
			return nil, fault.New(fault.InvalidInput, "weeks", "cursor: it is none of ours: take next of an answer")
		}
		all = slices.DeleteFunc(all, func(p Planned) bool { return p.Week >= after })
	}
	out := &weeksOut{Body: Weeks{Weeks: []WeekState{}}}
	for _, p := range all[:min(len(all), in.Limit)] {
		mail := p.Mail
		if mail != "pending" && mail != "sent" && mail != "failed" {
			mail = "none"
		}
		out.Body.Weeks = append(out.Body.Weeks, WeekState{p.Week.String(), p.Status, p.Balanced, p.Created.UTC(), mail})
	}
	if len(all) > in.Limit {
		out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(all[in.Limit-1].Week.String()))
		out.Link = "<" + a.at("/weeks?cursor="+out.Body.Next) + `>; rel="next"`
	}
	return out, nil
}

// at is the path of an operation, below a proxy's prefix.
func (a *API) at(path string) string {
	return trimSlash(a.base.Path) + root + path
}

func trimSlash(path string) string {
	for path != "" && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

func (a *API) getWeek(ctx context.Context, c caller, in *OfWeek) (*weekOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	return &weekOut{quote(p.Week.Version()), weekView(*p)}, nil
}

// plan loads a plan; that there is none is said without the user's id.
func (a *API) plan(ctx context.Context, id string, week calendar.Date) (*plan.Plan, error) {
	p, err := a.Plans.Get(ctx, id, week)
	if fault.KindOf(err) == fault.NotFound {
		return nil, unplanned(week)
	}
	return p, err
}

func unplanned(week calendar.Date) error {
	return fault.New(fault.NotFound, "week", "The week of %s is not planned: POST %s/weeks/%s plans it.", week, root, week)
}

type planIn struct {
	OfWeek
	Keyed
}

func (a *API) planWeek(ctx context.Context, c caller, in *planIn) (*weekOut, error) {
	week, err := a.week(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	if err := a.Commands.PlanWeek(ctx, c.User, week); err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	return &weekOut{quote(p.Week.Version()), weekView(*p)}, nil
}
