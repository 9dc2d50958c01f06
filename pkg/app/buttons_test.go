package app_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
)

// visit asks for one of our pages and returns its status and text.
func (w *world) visit(t *testing.T, method, link string) (int, string) {
	t.Helper()
	u, err := url.Parse(link)
	must(t, err)
	u.Scheme, u.Host = "http", w.Addr(app.API).String()
	req, err := http.NewRequestWithContext(t.Context(), method, u.String(), http.NoBody)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(body)
}

var undoLink = regexp.MustCompile(`Take it back: (\S+)`)

// text is a mail's plain-text body.
func text(t *testing.T, m mailbox.Message) string {
	t.Helper()
	p, err := mailbox.Parse(m.Raw)
	must(t, err)
	return p.Text
}

// A button does what a reply does, once, after a confirmation: looking at it changes
// nothing. The link in the answer takes it back.
func TestButtons(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	must(t, p.Start(t.Context()))
	const who = "user_lewis"
	p.planMail(t, who)
	start, _ := p.stored(t, who)
	button := p.Links.Command(who, week, "SKIP breakfast tuesday")
	whose := `For the plan of <span dir="auto">` + sandbox.People()[0].Name + "</span>"
	was := p.everything(t)
	for range 3 {
		if code, page := p.visit(t, http.MethodGet, button); code != http.StatusOK || !strings.Contains(page, "SKIP breakfast tuesday") || !strings.Contains(page, "Nothing has been changed yet") || !strings.Contains(page, whose) {
			t.Errorf("the page before: %d %s", code, page)
		}
	}
	if p.everything(t) != was {
		t.Fatal("a GET changed something")
	}
	if code, page := p.visit(t, http.MethodPost, button); code != http.StatusOK || !strings.Contains(page, "Tuesday breakfast is skipped") || !strings.Contains(page, whose) {
		t.Fatalf("the click: %d %s", code, page)
	} else {
		p.leadsToTheList(t, page)
	}
	is, _ := p.stored(t, who)
	outside(t, "the click", start, is, func(s plan.Slot) bool { return s == slotAt(1, recipe.Breakfast) })
	if is.Days[1].Meals[recipe.Breakfast] != nil {
		t.Error("breakfast is still there")
	}
	p.usedUp(t, button)
	must(t, p.box.Mail.Wait(t.Context(), 2))
	answers := p.answers()
	if len(answers) != 1 {
		t.Fatalf("%d answers", len(answers))
	}
	undo := undoLink.FindStringSubmatch(text(t, answers[0]))
	if undo == nil {
		t.Fatalf("no link takes it back:\n%s", text(t, answers[0]))
	}
	if code, page := p.visit(t, http.MethodPost, undo[1]); code != http.StatusOK {
		t.Errorf("undo: %d %s", code, page)
	}
	is, wishes := p.stored(t, who)
	if len(plan.Diff(start, is)) != 0 || len(wishes.Skips) != 0 {
		t.Errorf("not taken back: %v, %v", plan.Diff(start, is), wishes.Skips)
	}
	again := p.Links.Command(who, week, "UNDO") + "x"
	if code, _ := p.visit(t, http.MethodPost, again); code != http.StatusUnauthorized {
		t.Errorf("a forged button: %d", code)
	}
	// The plan's page has buttons for every meal.
	_, page := p.visit(t, http.MethodGet, p.Links.Plan(who, week))
	keep := regexp.MustCompile(`<a class="act" href="([^"]+)">keep</a>`).FindStringSubmatch(page)
	if table, _, _ := strings.Cut(page, "</table>"); keep == nil || strings.Count(table, ">skip</a>") != 21 || strings.Count(table, "/meal/"+week.String()+"/breakfast\">") != 1 || strings.Count(table, "/meal/") != 21 {
		t.Fatalf("buttons of the page:\n%s", page)
	}
	if code, page := p.visit(t, http.MethodPost, html.UnescapeString(keep[1])); code != http.StatusOK || !strings.Contains(page, "Monday breakfast stays") {
		t.Errorf("keep: %d %s", code, page)
	}
	// Targets change by a button only, within what is safe.
	if code, page := p.visit(t, http.MethodPost, p.Links.Command(who, week, "TARGETS 20 10 30")); code != http.StatusConflict || !strings.Contains(page, "below 800") {
		t.Errorf("dangerous targets: %d %s", code, page)
	}
	if code, page := p.visit(t, http.MethodPost, p.Links.Command(who, week, "TARGETS 165 65 210")); code != http.StatusOK {
		t.Errorf("targets: %d %s", code, page)
	}
	u, err := p.Users.Get(t.Context(), who)
	must(t, err)
	if u.Settings.Targets == nil || u.Settings.Targets.Protein.Grams() != 165 {
		t.Errorf("targets: %v", u.Settings.Targets)
	}
	if is, _ := p.stored(t, who); is.Target.Protein.Grams() != 165 {
		t.Errorf("the week is for %s", is.Target)
	}
	if n := p.sums(t)["command_execution_rate{command_type=TARGETS}"]; n != 1 {
		t.Errorf("TARGETS was counted %d times", n)
	}
}

// leadsToTheList requires a way from a button's page to what is to buy now.
func (w *world) leadsToTheList(t *testing.T, page string) {
	t.Helper()
	list := regexp.MustCompile(`<a href="([^"]+)">Shopping list</a>`).FindStringSubmatch(page)
	if list == nil {
		t.Fatalf("no way to what is to buy now:\n%s", page)
	}
	if code, page := w.visit(t, http.MethodGet, html.UnescapeString(list[1])); code != http.StatusOK || !strings.Contains(page, "Shopping list") {
		t.Errorf("the list: %d %s", code, page)
	}
}

// A mail whose sender nobody vouches for is answered with a button that carries it out.
func TestUnprovenCommandsWaitForAClick(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	must(t, p.Start(t.Context()))
	letter := p.planMail(t, "user_lewis")
	raw := string(p.reply(t, letter, "SKIP breakfast tuesday\nTRAVEL thu"))
	_, raw, _ = strings.Cut(raw, "\r\n") // without what the provider says
	p.deliver(t, []byte(raw))
	await(t, p.pool, 1, "select count(*) from steerings where outcome = 'unproven_sender'")
	must(t, p.box.Mail.Wait(t.Context(), 3)) // the plan, the letter, the answer
	link := regexp.MustCompile(`open: (\S+)`).FindStringSubmatch(text(t, p.answers()[0]))
	if link == nil {
		t.Fatalf("no link confirms:\n%s", text(t, p.answers()[0]))
	}
	if code, page := p.visit(t, http.MethodPost, link[1]); code != http.StatusOK {
		t.Fatalf("%d %s", code, page)
	}
	if _, wishes := p.stored(t, "user_lewis"); len(wishes.Skips) != 1 || len(wishes.Travel) != 1 {
		t.Errorf("%+v", wishes)
	}
}

// Commands of one user that come at the same moment are carried out one after the other:
// none is lost.
func TestCommandsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	must(t, p.Start(t.Context()))
	p.planMail(t, "user_lewis")
	var wg sync.WaitGroup
	days := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	for _, d := range days {
		wg.Go(func() {
			if code, page := p.visit(t, http.MethodPost, p.Links.Command("user_lewis", week, "SKIP "+d+" breakfast")); code != http.StatusOK {
				t.Errorf("%s: %d %s", d, code, page)
			}
		})
	}
	wg.Wait()
	is, wishes := p.stored(t, "user_lewis")
	if len(wishes.Skips) != len(days) {
		t.Errorf("skips: %v", wishes.Skips)
	}
	for _, d := range is.Days {
		if d.Meals[recipe.Breakfast] != nil {
			t.Errorf("%s has a breakfast", d.Date)
		}
	}
	await(t, p.pool, len(days), "select count(*) from steerings where outcome = 'applied'")
	if n := len(p.mailsAbout(t, "confirmation")); n > len(days) {
		t.Errorf("%d answers", n)
	}
}

func (p *postOffice) mailsAbout(t *testing.T, emailType string) []string {
	t.Helper()
	rows, err := p.pool.Query(t.Context(), "select message_id from outbox where email_type = $1", emailType)
	must(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		must(t, rows.Scan(&id))
		out = append(out, id)
	}
	must(t, rows.Err())
	return out
}

// usedUp wants a button to say that it was pressed, before it is pressed again and then, too.
func (p *postOffice) usedUp(t *testing.T, button string) {
	t.Helper()
	was := p.everything(t)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if code, page := p.visit(t, method, button); code != http.StatusConflict || !strings.Contains(page, "works once") || strings.Contains(page, "<form") || p.everything(t) != was {
			t.Errorf("%s again: %d %s", method, code, page)
		}
	}
}
