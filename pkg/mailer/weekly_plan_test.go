package mailer_test

import (
	"flag"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
)

var update = flag.Bool("update", false, "write the golden files")

func render(t *testing.T, week func(*testing.T) (user.User, plan.Plan)) (mail.Mail, plan.Plan) {
	t.Helper()
	u, s := week(t)
	m, err := newRenderer(t).WeeklyPlan(u, s)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s differs in line %d (write it with -update):\ngot  %s\nwant %s", file, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s has %d lines, got %d (write it with -update)", file, len(b), len(a))
}

func TestGoldenWeeklyPlan(t *testing.T) {
	t.Parallel()
	m, _ := render(t, richWeek)
	golden(t, "testdata/weekly_plan.html", m.HTML)
	golden(t, "testdata/weekly_plan.txt", m.Text)
}

func TestSubjectAndHeaders(t *testing.T) {
	t.Parallel()
	m, _ := render(t, richWeek)
	if want := "Week 49: 17 meals, 4 of 6 days on target, shop for 17 items"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	if m.To != "lewis@example.org" || m.Type != mailer.WeeklyPlanType || m.Period != "2026-11-30" {
		t.Errorf("to %q, type %q, period %q", m.To, m.Type, m.Period)
	}
	for k, want := range map[string]string{
		"List-Id":               "Weekly meal plan <weekly-plan.meals.example.org>",
		"List-Unsubscribe":      "<https://meals.example.org/unsubscribe/user_lewis/weekly_plan?t=" + token + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted":        "auto-generated",
	} {
		if got := m.Headers[k]; got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if !regexp.MustCompile(`^weekly-plan\.2026-11-30\.[0-9a-f]{16}@meals\.example\.org$`).MatchString(m.MessageID) {
		t.Errorf("Message-ID %q", m.MessageID)
	}
}

// The Message-ID depends on user, week and type alone, and tells users apart.
func TestMessageIDIsStable(t *testing.T) {
	t.Parallel()
	rich, _ := render(t, richWeek)
	demo, _ := render(t, demoWeek)
	if rich.MessageID != demo.MessageID || rich.HTML == demo.HTML {
		t.Errorf("same user and week: %q and %q", rich.MessageID, demo.MessageID)
	}
	u, s := demoWeek(t)
	u.ID = "user_other"
	other, err := newRenderer(t).WeeklyPlan(u, s)
	if err != nil {
		t.Fatal(err)
	}
	if other.MessageID == demo.MessageID {
		t.Error("two users share a Message-ID")
	}
}

func TestNoUserTextIsUnescaped(t *testing.T) {
	t.Parallel()
	m, s := render(t, richWeek)
	for _, bad := range []string{"<script", "<b>\"Lou\"", "<Herbs>", `"tomato" <b>`, "<no value>", "%!(", "NaN"} {
		if strings.Contains(m.HTML, bad) {
			t.Errorf("the HTML holds %q", bad)
		}
	}
	shown := html.UnescapeString(m.HTML)
	for _, want := range append(everyName(s.Week), "Produce & <Herbs>", `tin "tomato" <b>`, `Lewis <b>"Lou"</b> O'Hara & Söhne`) {
		if !strings.Contains(shown, want) {
			t.Errorf("the HTML does not show %q", want)
		}
	}
}

func everyName(w plan.Week) []string {
	var out []string
	for _, d := range w.Days {
		for _, s := range d.Meals {
			if s != nil {
				out = append(out, s.Name)
			}
		}
	}
	return out
}

func TestTextPartIsComplete(t *testing.T) {
	t.Parallel()
	for name, week := range map[string]func(*testing.T) (user.User, plan.Plan){
		"rich": richWeek, "demo": demoWeek,
		"largest": func(t *testing.T) (user.User, plan.Plan) { t.Helper(); return largestWeek(t, 128) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, s := render(t, week)
			for _, n := range everyName(s.Week) {
				if !strings.Contains(m.Text, n) {
					t.Errorf("no %q", n)
				}
			}
			for _, section := range s.Groceries.Sections {
				for _, l := range section.Lines {
					if want := "[ ] " + l.Name + ", " + l.Buy + "\n"; !strings.Contains(m.Text, want) {
						t.Errorf("no %q", want)
					}
				}
			}
			var notes []string
			for _, n := range s.Week.Notes {
				notes = append(notes, n.String())
			}
			for _, want := range append([]string{"https://meals.example.org/plan/", "https://meals.example.org/unsubscribe/"}, notes...) {
				if !strings.Contains(m.Text, want) {
					t.Errorf("no %q", want)
				}
			}
			if strings.Contains(m.Text, "<no value>") || strings.Contains(m.Text, "&amp;") {
				t.Error("the text is not plain text")
			}
		})
	}
}

// However long the names are, the mail is small enough not to be clipped; first names
// are shortened, then the shopping list gives way to a link.
func TestSizeOfTheLargestWeek(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		length          int
		whole, withList bool
	}{{40, true, true}, {80, true, true}, {128, false, true}, {2000, false, true}} {
		m, s := render(t, func(t *testing.T) (user.User, plan.Plan) { t.Helper(); return largestWeek(t, c.length) })
		if len(m.HTML) > mailer.MaxHTML {
			t.Errorf("names of %d: %d bytes", c.length, len(m.HTML))
		}
		shown := html.UnescapeString(m.HTML)
		if got := strings.Contains(shown, s.Groceries.Sections[0].Lines[0].Name); got != c.whole {
			t.Errorf("names of %d: whole = %t", c.length, got)
		}
		if got := strings.Count(m.HTML, `class="q"`) == 90; got != c.withList {
			t.Errorf("names of %d: with the list = %t", c.length, got)
		}
	}
	m, _ := render(t, func(t *testing.T) (user.User, plan.Plan) {
		t.Helper()
		u, s := largestWeek(t, 80)
		for i := range s.Groceries.Sections {
			for range 4 {
				s.Groceries.Sections[i].Lines = append(s.Groceries.Sections[i].Lines, s.Groceries.Sections[i].Lines...)
			}
		}
		return u, s
	})
	if strings.Contains(m.HTML, `class="q"`) || !strings.Contains(m.HTML, "too long for a mail") || len(m.HTML) > mailer.MaxHTML {
		t.Errorf("1,440 groceries: %d bytes", len(m.HTML))
	}
}

func TestAMailThatCannotBeShortenedIsRefused(t *testing.T) {
	t.Parallel()
	u, s := demoWeek(t)
	for i := range 10_000 {
		s.Week.Notes = append(s.Week.Notes, message.Textf("note %d", i))
	}
	if _, err := newRenderer(t).WeeklyPlan(u, s); fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

func TestAWeekWithoutMeals(t *testing.T) {
	t.Parallel()
	m, _ := render(t, func(t *testing.T) (user.User, plan.Plan) {
		t.Helper()
		u := someone("Lewis", 1)
		return u, kitchen{}.stored(t, u, plan.Week{Target: grams(150, 67, 200)})
	})
	if !strings.Contains(m.HTML, "No meals are planned.") || !strings.Contains(m.Subject, "0 meals") {
		t.Errorf("subject %q", m.Subject)
	}
}

// What would help the week most stands above its meals, once; notes on data stand below the list.
func TestTheBestTipStandsFirst(t *testing.T) {
	t.Parallel()
	m, _ := render(t, func(t *testing.T) (user.User, plan.Plan) {
		t.Helper()
		u, s := richWeek(t)
		s.Week.Notes = append(s.Week.Notes, plan.HelpsMost(message.Textf("protein"), recipe.Breakfast, "45 g", "8 g", "40 g", message.Counted(2, "%d more day", "%d more days")))
		return u, s
	})
	const tip = "What would help most: a breakfast with about 45 g protein"
	for part, text := range map[string]string{"HTML": m.HTML, "text": m.Text} {
		at := func(what string) int { return strings.Index(text, what) }
		if strings.Count(text, tip) != 1 || at(tip) > at("too little protein.") || at(tip) > at("Porridge with berries (1×") && part == "text" || at(tip) > at(">Porridge with berries<") && part == "HTML" || at("estimated nutrition") < at("salt") {
			t.Errorf("%s: tip at %d:\n%s", part, at(tip), text)
		}
	}
}

func TestOneDayIsOnTarget(t *testing.T) {
	t.Parallel()
	for balanced, want := range map[int]map[message.Language]string{
		0: {message.English: "0 of 6 days are within", "de": "0 von 6 Tagen liegen innerhalb"},
		1: {message.English: "1 of 6 days is within", "de": "1 von 6 Tagen liegt innerhalb"},
		2: {message.English: "2 of 6 days are within", "de": "2 von 6 Tagen liegen innerhalb"},
	} {
		for language, verdict := range want {
			m, _ := render(t, func(t *testing.T) (user.User, plan.Plan) {
				t.Helper()
				u, s := richWeek(t)
				u.Settings.Language = language
				left := balanced
				for i := range s.Week.Days {
					s.Week.Days[i].Balanced = s.Week.Days[i].Planned() && left > 0
					if s.Week.Days[i].Balanced {
						left--
					}
				}
				return u, s
			})
			if !strings.HasPrefix(m.Text, verdict) {
				t.Errorf("%d days: %.60s; want %s", balanced, m.Text, verdict)
			}
		}
	}
}
