//go:build pages

package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

// The ways of people through the pages, in Chromium: test/pages.
func TestPagesInBrowsers(t *testing.T) {
	addr := loopback.Addr(t)
	lewis, mara, kenji := sandbox.People()[0], sandbox.People()[1], sandbox.People()[2] // who keeps a diary
	inst := &installation{}
	ask := inst.serve(t)
	w := newWorld(t, options{people: []sandbox.Person{lewis, mara, kenji}, change: func(c *config.Config) {
		c.Web.APIAddr, c.Web.PublicURL, c.Web.RateLimit = addr, "http://"+addr, 0
		ask(c)
	}})
	inst.w = w
	w.mustGenerate(t, lewis.ID)
	w.mustGenerate(t, mara.ID)
	for weeks := range 6 {
		_, err := w.Generate(t.Context(), planner.Request{User: kenji.ID, Week: week - calendar.Date(7*(weeks+1))}, nil)
		must(t, err)
	}
	must(t, w.Start(t.Context()))
	u := user.User{ID: "user_bo", Name: "Bo", Email: "bo@example.org", TimeZone: "UTC", People: 1, Settings: user.DefaultSettings()}
	_, err := w.Users.Change(t.Context(), lewis.ID, func(u *user.User) error { u.Operator = true; return nil })
	must(t, err)
	invitation, err := w.Invite(t.Context(), u, false)
	must(t, err)
	about := struct {
		Base       string   `json:"base"`
		Week       string   `json:"week"`
		Today      string   `json:"today"`
		Days       []string `json:"days"`
		Tandoor    string   `json:"tandoor"`
		Token      string   `json:"token"`
		Invitation string   `json:"invitation"`
		Shared     string   `json:"shared"`
		Recipe     int64    `json:"recipe"`  // that all of them can plan
		Trace      string   `json:"trace"`   // of a generation
		Running    string   `json:"running"` // a plan of the running week, as its mail leads there
		Mailed     []string `json:"mailed"`  // where the buttons of mails lead
		Links      []string `json:"links"`
		Phone      []string `json:"phone"`  // of the same, for another file of tests
		German     []string `json:"german"` // links of somebody whose browser and settings speak German
		Diary      []string `json:"diary"`  // links of somebody who keeps one
	}{Base: "http://" + addr, Week: week.String(), Today: (week - 7).String(), Tandoor: w.box.TandoorURL(), Token: w.box.TandoorToken, Invitation: invitation, Shared: w.Links.List(lewis.ID, week), Running: w.Links.Plan(kenji.ID, week-7), Mailed: []string{
		w.Links.Plan(lewis.ID, week), w.Links.Library(lewis.ID), w.Links.Unsubscribe(lewis.ID, "advice"), w.Links.Command(lewis.ID, week, "REGENERATE WEEK"), w.Links.Deletion(lewis.ID), w.Links.Connect(lewis.ID),
	}}
	about.Trace = inst.trouble(t)
	report, _, err := w.Library.Report(t.Context(), mara.ID)
	must(t, err)
	about.Recipe = int64(report.Dishes[slices.IndexFunc(report.Dishes, func(d planner.Dish) bool { return d.Reason == "" })].ID)
	for d := range 7 {
		about.Days = append(about.Days, (week + calendar.Date(d)).String())
	}
	for range 24 {
		token, err := w.SignIns.Link(t.Context(), lewis.ID)
		must(t, err)
		about.Links = append(about.Links, w.Links.SignIn(token))
	}
	for range 10 {
		token, err := w.SignIns.Link(t.Context(), lewis.ID)
		must(t, err)
		about.Phone = append(about.Phone, w.Links.SignIn(token))
	}
	_, err = w.Users.Change(t.Context(), mara.ID, func(u *user.User) error { u.Settings.Language = "de"; return nil })
	must(t, err)
	for range 3 { // at most three work at a time
		token, err := w.SignIns.Link(t.Context(), mara.ID)
		must(t, err)
		about.German = append(about.German, w.Links.SignIn(token))
	}
	for range 5 {
		token, err := w.SignIns.Link(t.Context(), kenji.ID)
		must(t, err)
		about.Diary = append(about.Diary, w.Links.SignIn(token))
	}
	data, err := json.Marshal(about)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), "npm", "--prefix", "../../test/pages", "run", "--silent", "walk")
	cmd.Env = append(os.Environ(), "PAGES="+string(data))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	must(t, cmd.Run())
}
