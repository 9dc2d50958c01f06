package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Commander carries out the commands of buttons.
type Commander interface {
	// Click carries out a button's line for the user's week; token identifies the button,
	// which works once.
	Click(ctx context.Context, userID string, week calendar.Date, line, token string) (replies.Report, error)
	// Clicked reports whether a button was pressed before.
	Clicked(ctx context.Context, userID, token string) (bool, error)
	// Lines returns the commands behind a button's line.
	Lines(ctx context.Context, userID, line string) ([]string, error)
}

// doPage is the content of a button's page.
type doPage struct {
	Week   calendar.Date
	Asks   []question
	Report *replies.Report // nil: awaiting confirmation
	Name   string          // whose plan it is
	Undo   string
	Plan   string
	List   string // what to buy
}

// button reads the token of a button: its user, week and line.
func (p *Pages) button(r *http.Request) (c signedlink.Claims, week calendar.Date, line string, err error) {
	if c, err = p.verify(r, CommandLink); err != nil {
		return c, 0, "", err
	}
	monday, line, _ := strings.Cut(c.Subject, " ")
	if week, err = calendar.Parse(monday); err != nil {
		return c, 0, "", fault.Wrap(fault.InvalidInput, "button", err)
	}
	return c, week, line, nil
}

// confirmDo shows what a button would do, and changes nothing.
func (p *Pages) confirmDo(w http.ResponseWriter, r *http.Request) {
	c, week, line, err := p.button(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	u, err := p.Users.Get(r.Context(), c.User)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	pressed, err := p.Commands.Clicked(r.Context(), c.User, r.PathValue("token"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if pressed {
		p.show(w, r, http.StatusConflict, "do.html", doPage{Week: week, Name: u.Name, Report: &replies.Report{Outcome: command.Duplicate}, Plan: p.Links.Plan(c.User, week), List: p.Links.List(c.User, week)})
		return
	}
	lines, err := p.Commands.Lines(r.Context(), c.User, line)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "do.html", doPage{Week: week, Asks: questions(spoken(r), week, lines), Name: u.Name, Plan: p.Links.Plan(c.User, week)})
}

// do carries out a button's commands.
func (p *Pages) do(w http.ResponseWriter, r *http.Request) {
	c, week, line, err := p.button(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	u, err := p.Users.Get(r.Context(), c.User)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	report, err := p.Commands.Click(r.Context(), c.User, week, line, r.PathValue("token"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	page := doPage{Week: week, Report: &report, Name: u.Name}
	if report.Answer.Undo != "" {
		page.Undo = p.Links.Command(c.User, week, report.Answer.Undo)
	}
	if report.Answer.PlanExists {
		page.Plan, page.List = p.Links.Plan(c.User, week), p.Links.List(c.User, week)
	}
	status := http.StatusOK
	if report.Outcome != command.Applied && report.Outcome != command.Informed {
		status = http.StatusConflict
	}
	p.show(w, r, status, "do.html", page)
}
