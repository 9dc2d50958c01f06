package mailer_test

import (
	"bytes"
	"html"
	"image/color"
	"image/png"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/mailer"
)

// tuesday is 1 December 2026, wednesday the last day of four weeks.
const (
	tuesday   = monday + 1
	wednesday = monday + 2
	nextWeek  = monday + 7
)

var target = grams(150, 67, 200)

func ate(d calendar.Date, m nutrition.Macros, meals ...recipe.Meal) insight.Eaten {
	return insight.Eaten{Date: d, Energy: m.Energy(), Macros: m, Meals: meals}
}

// mealDay is a planned day of three dishes.
func mealDay(d calendar.Date, breakfast, lunch, dinner string) *plan.Day {
	out := &plan.Day{Date: d, Target: target, Balanced: true}
	for i, name := range []string{breakfast, lunch, dinner} {
		out.Meals[i] = &plan.Serving{Recipe: recipe.ID(i + 1), Name: name, Servings: nutrition.OneServing, PerServing: grams(50, 22, 67)}
	}
	return out
}

// advisorCases are the days that the golden files show.
func advisorCases() map[string]insight.Advice {
	week := func(m nutrition.Macros) (out []insight.Eaten) {
		for i := range 5 {
			out = append(out, ate(tuesday-1-calendar.Date(i), m))
		}
		return out
	}
	today := insight.Today{
		Date: tuesday, Target: target, Connected: true,
		Planned:         mealDay(tuesday, "Porridge with berries", "Lentil salad", "Salmon with potatoes"),
		Tomorrow:        mealDay(tuesday+1, scriptName, rtlName, longName),
		TomorrowCooking: []string{scriptName, rtlName},
		Thawing:         []prep.Portion{{Name: rtlName, Eaten: prep.Eaten{Date: tuesday + 1, Meal: recipe.Lunch}}},
		Recent:          week(grams(146, 66, 205)),
	}
	onTrack, under, silent, apart, off := today, today, today, today, today
	full := ate(tuesday, grams(148, 65, 204), recipe.Breakfast, recipe.Lunch, recipe.Dinner)
	onTrack.Eaten = &full
	little := ate(tuesday, grams(60, 25, 80), recipe.Breakfast, recipe.Lunch)
	under.Eaten, under.Recent = &little, week(grams(70, 30, 90))
	uneven := ate(tuesday, grams(130, 66, 188), recipe.Breakfast, recipe.Lunch, recipe.Dinner)
	off.Eaten = &uneven
	silent.Eaten, silent.Recent = nil, silent.Recent[:2]
	apart.Connected, apart.Eaten, apart.Recent = false, nil, nil
	return map[string]insight.Advice{
		"on_track": insight.Advise(onTrack), "far_under": insight.Advise(under), "nothing_logged": insight.Advise(silent),
		"not_connected": insight.Advise(apart), "protein_under": insight.Advise(off),
	}
}

// fourWeeks logs the given days of four weeks, all alike but for a ripple.
func fourWeeks(m nutrition.Macros, days int) insight.Period {
	p := insight.Period{Last: wednesday, Days: 28, Target: target, Connected: true, Body: &targets.Body{WeightKG: 70, HeightCM: 172, Age: 35, Sex: targets.Female, Activity: targets.Light, Goal: targets.Maintain}}
	for i := range days {
		ripple := nutrition.Mass(i%5-2) * 3 * nutrition.Gram
		p.Eaten = append(p.Eaten, ate(wednesday-calendar.Date(i), nutrition.Macros{Protein: m.Protein + ripple, Fat: m.Fat + ripple/3, Carbs: m.Carbs - ripple}))
	}
	for w := range 5 {
		week := plan.Week{WeekOf: monday - calendar.Date(7*w), Target: target}
		for i := range week.Days {
			week.Days[i] = *mealDay(week.WeekOf+calendar.Date(i), "a", "b", "c")
			week.Days[i].Balanced = i != 6
		}
		p.Plans = append(p.Plans, week)
	}
	return p
}

func trendsCases() map[string]insight.Trends {
	apart := fourWeeks(nutrition.Macros{}, 0)
	apart.Connected = false
	gap := fourWeeks(grams(112, 68, 225), 28)
	gap.Eaten = slices.DeleteFunc(gap.Eaten, func(e insight.Eaten) bool {
		return e.Date >= wednesday-20 && e.Date < wednesday-13 || e.Date%9 == 0 // a week without a log, and single days
	})
	return map[string]insight.Trends{
		"deficiency":    insight.Review(gap),
		"under_eating":  insight.Review(fourWeeks(grams(70, 30, 95), 24)),
		"few_days":      insight.Review(fourWeeks(grams(150, 66, 200), 2)),
		"not_connected": insight.Review(apart),
		"on_track":      insight.Review(fourWeeks(grams(150, 66, 200), 28)),
	}
}

func advisor(t *testing.T, name string, a insight.Advice) mail.Mail {
	t.Helper()
	m, err := newRenderer(t).DailyAdvisor(someone(name, 1), a)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func trends(t *testing.T, name string, tr insight.Trends) mail.Mail {
	t.Helper()
	m, err := newRenderer(t).WeeklyTrends(someone(name, 1), tr, nextWeek)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// insightMails are all cases as mails, by type and case.
func insightMails(t *testing.T, name string) map[string]mail.Mail {
	t.Helper()
	out := map[string]mail.Mail{}
	for k, a := range advisorCases() {
		out["daily_advisor_"+k] = advisor(t, name, a)
	}
	for k, tr := range trendsCases() {
		out["weekly_trends_"+k] = trends(t, name, tr)
	}
	return out
}

func TestGoldenInsightMails(t *testing.T) {
	t.Parallel()
	for name, m := range insightMails(t, `Lewis <b>"Lou"</b>`) {
		golden(t, "testdata/"+name+".html", m.HTML)
		golden(t, "testdata/"+name+".txt", m.Text)
	}
}

func TestInsightSubjects(t *testing.T) {
	t.Parallel()
	mails := insightMails(t, "Lewis")
	for name, want := range map[string]string{
		"daily_advisor_on_track":       "Tuesday: 1,993 of 2,003 kcal, macros on target",
		"daily_advisor_far_under":      "Tuesday: 785 of 2,003 kcal logged",
		"daily_advisor_nothing_logged": "Tuesday: nothing is logged yet",
		"daily_advisor_not_connected":  "Tuesday: no diary is connected, 3 meals planned for tomorrow",
		"daily_advisor_protein_under":  "Tuesday: 1,866 of 2,003 kcal, protein under by 20 g",
		"weekly_trends_deficiency":     "Four weeks: protein under target by 26 %",
		"weekly_trends_under_eating":   "Four weeks: 929 of 2,003 kcal a day on average",
		"weekly_trends_few_days":       "Four weeks: 2 of 28 days logged",
		"weekly_trends_not_connected":  "Four weeks: 24 of 28 days on target in your plans",
		"weekly_trends_on_track":       "Four weeks: 28 of 28 logged days on target",
	} {
		if got := mails[name].Subject; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestInsightHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mail, again, other, listID, period, emailType string }{
		{"daily_advisor_on_track", "daily_advisor_far_under", "weekly_trends_on_track", "Daily advisor <daily-advisor.meals.example.org>", "2026-12-01", mailer.DailyAdvisorType},
		{"weekly_trends_on_track", "weekly_trends_few_days", "daily_advisor_on_track", "Weekly trends <weekly-trends.meals.example.org>", "2026-12-07", mailer.WeeklyTrendsType},
	} {
		mails := insightMails(t, "Lewis")
		m := mails[c.mail]
		if m.Type != c.emailType || m.Period != c.period || m.To != "lewis@example.org" {
			t.Errorf("%s: type %q, period %q, to %q", c.mail, m.Type, m.Period, m.To)
		}
		want := map[string]string{
			"List-Id":               c.listID,
			"List-Unsubscribe":      "<https://meals.example.org/unsubscribe/user_lewis/" + c.emailType + "?t=" + token + ">",
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Auto-Submitted":        "auto-generated",
			"References":            m.Headers["References"],
			"Reply-To":              "plan+" + m.ReplyKey + "@meals.example.org",
		}
		if !maps.Equal(m.Headers, want) {
			t.Errorf("%s: headers %v", c.mail, m.Headers)
		}
		if m.MessageID != mails[c.again].MessageID || m.MessageID == mails[c.other].MessageID {
			t.Errorf("%s: Message-ID %q is not stable", c.mail, m.MessageID)
		}
	}
}

// What every mail has, and what none has.
func TestInsightMailsKeepTheRules(t *testing.T) {
	t.Parallel()
	for name, m := range insightMails(t, `Lewis <b>"Lou"</b>`) {
		for body, s := range map[string]string{"html": m.HTML, "text": m.Text} {
			if strings.Count(s, "Not medical advice") != 1 {
				t.Errorf("%s %s: not once \"Not medical advice\"", name, body)
			}
			for _, bad := range []string{"<no value>", "%!(", "NaN", "Inf", "[]"} {
				if strings.Contains(s, bad) {
					t.Errorf("%s %s holds %q", name, body, bad)
				}
			}
			figures := !slices.Contains([]string{"daily_advisor_nothing_logged", "daily_advisor_not_connected", "weekly_trends_not_connected"}, name)
			if got := strings.Contains(s, "Nutrition data from fatsecret"); got != figures {
				t.Errorf("%s %s: attribution = %t", name, body, got)
			}
			if !strings.Contains(s, "https://meals.example.org/unsubscribe/user_lewis/"+m.Type) {
				t.Errorf("%s %s: no way to stop", name, body)
			}
		}
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, `<b>"Lou"`) || !strings.Contains(html.UnescapeString(m.HTML), `<b>"Lou"`) {
			t.Errorf("%s: a name is not escaped", name)
		}
		if len(m.HTML) > mailer.MaxHTML {
			t.Errorf("%s: %d bytes", name, len(m.HTML))
		}
	}
}

// Eating too little is never marked as reached, in neither body.
func TestUnderEatingIsNotPraised(t *testing.T) {
	t.Parallel()
	mails := insightMails(t, "Lewis")
	short := insight.Today{Date: tuesday, Target: target, Connected: true}
	lean := insight.Eaten{Date: tuesday, Energy: 1100 * nutrition.Kilocalorie, Macros: grams(150, 67, 200)} // macros fine, energy not
	short.Eaten = &lean
	mails["macros fine"] = advisor(t, "Lewis", insight.Advise(short))
	for _, name := range []string{"daily_advisor_far_under", "weekly_trends_under_eating", "macros fine"} {
		m := mails[name]
		for _, bad := range []string{"✓", "macros on target", "), on target", "= on target", "class=\"ok\""} {
			if strings.Contains(m.HTML+m.Text+m.Subject, bad) {
				t.Errorf("%s says %q", name, bad)
			}
		}
		if strings.Contains(m.HTML, "/do/") {
			t.Errorf("%s proposes a change", name)
		}
		if first, table := strings.Index(m.Text, "! "), strings.Index(m.Text, "Energy:"); first < 0 || first > table {
			t.Errorf("%s: no warning above the figures", name)
		}
	}
	if m := mails["weekly_trends_under_eating"]; !strings.Contains(m.Text, "talk to a doctor or dietitian") {
		t.Error("nobody to talk to")
	}
}

func TestTheProposalIsALink(t *testing.T) {
	t.Parallel()
	m := insightMails(t, "Lewis")["weekly_trends_deficiency"]
	want := links{}.Command("user_lewis", nextWeek, "REGENERATE WEEK WITH HIGH PROTEIN")
	_, path, _ := strings.Cut(want, "/do/")
	if !strings.Contains(m.Text, want) || !strings.Contains(html.UnescapeString(m.HTML), "/do/"+path) {
		t.Errorf("no link to %s", want)
	}
	body := targets.Body{WeightKG: 90, HeightCM: 185, Age: 35, Sex: targets.Male, Activity: targets.Active, Goal: targets.Gain}
	p := fourWeeks(target, 28)
	p.Body = &body
	m = trends(t, "Lewis", insight.Review(p))
	if want := "/do/user_lewis/2026-12-07/TARGETS%20165%2073%20220"; !strings.Contains(m.Text, want) {
		t.Errorf("no %s in\n%s", want, m.Text)
	}
}

// The chart is one PNG by Content-ID, whose text says every figure.
func TestTheChart(t *testing.T) {
	t.Parallel()
	mails := insightMails(t, "Lewis")
	for name, want := range map[string]int{"weekly_trends_deficiency": 1, "weekly_trends_under_eating": 1, "weekly_trends_few_days": 0, "weekly_trends_not_connected": 0} {
		m := mails[name]
		if len(m.Inline) != want || strings.Count(m.HTML, "<img") != want {
			t.Fatalf("%s: %d pictures, %d shown", name, len(m.Inline), strings.Count(m.HTML, "<img"))
		}
		if want == 0 {
			continue
		}
		in := m.Inline[0]
		if in.Type != "image/png" || !strings.Contains(m.HTML, `src="cid:`+in.ContentID+`"`) {
			t.Errorf("%s: %s of type %s is not shown", name, in.ContentID, in.Type)
		}
		if img, err := png.Decode(bytes.NewReader(in.Data)); err != nil || img.Bounds().Dx() != 1184 {
			t.Errorf("%s: %v", name, err)
		} else if _, _, _, alpha := img.At(0, 0).RGBA(); alpha != 0xffff {
			t.Errorf("%s: the plate is not opaque", name)
		}
		if len(in.Data) > 100<<10 {
			t.Errorf("%s: the picture has %d bytes", name, len(in.Data))
		}
	}
	alt := regexp.MustCompile(`alt="([^"]*)"`).FindStringSubmatch(mails["weekly_trends_deficiency"].HTML)[1]
	if !strings.Contains(alt, "nothing logged") || strings.Count(alt, "protein 7") != 3 {
		t.Errorf("alt %q", alt)
	}
}

// The axis begins at 0 and reaches the highest bar: what is eaten has the share of the ink that it has of the target.
func TestTheBarsDoNotLie(t *testing.T) {
	t.Parallel()
	for percent, eaten := range map[int]nutrition.Macros{50: grams(75, 34, 100), 400: grams(600, 268, 800)} {
		p := fourWeeks(eaten, 0)
		for i := range calendar.Date(28) {
			p.Eaten = append(p.Eaten, ate(wednesday-i, eaten))
		}
		img, err := png.Decode(bytes.NewReader(trends(t, "Lewis", insight.Review(p)).Inline[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		pixels := map[color.RGBA]int{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				pixels[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
			}
		}
		week, whole := pixels[color.RGBA{0x1b, 0x6b, 0x3f, 0xff}], pixels[color.RGBA{0x3d, 0x45, 0x80, 0xff}]
		if ratio := 100 * float64(week) / float64(whole); ratio < 0.95*float64(percent) || ratio > 1.05*float64(percent) {
			t.Errorf("bars of %d %% are %.0f %% as large as the target's (%d and %d pixels)", percent, ratio, week, whole)
		}
	}
}

// However long the names are, the mail is small.
func TestSizeOfTheLargestAdvice(t *testing.T) {
	t.Parallel()
	name := strings.Repeat(`<&"`, 1000)
	a := insight.Advise(insight.Today{
		Date: tuesday, Target: target, Connected: true, Planned: mealDay(tuesday, name, name, name), Tomorrow: mealDay(tuesday+1, name, name, name),
		TomorrowCooking: []string{name, name, name},
	})
	if m := advisor(t, name[:99], a); len(m.HTML) > mailer.MaxHTML {
		t.Errorf("%d bytes", len(m.HTML))
	}
	for range 1000 {
		a.Cooking = append(a.Cooking, name)
	}
	if _, err := newRenderer(t).DailyAdvisor(someone("Lewis", 1), a); fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

func TestEmptyTrends(t *testing.T) {
	t.Parallel()
	for _, tr := range []insight.Trends{{}, insight.Review(insight.Period{Last: wednesday, Days: 28, Connected: true})} {
		trends(t, "Lewis", tr)
	}
	advisor(t, "Lewis", insight.Advice{})
}

// What is within the tolerance is "on target" in every mail.
func TestOneWordForOnTarget(t *testing.T) {
	t.Parallel()
	for name, m := range insightMails(t, "Lewis") {
		for _, other := range []string{"on track", ">near<", "= near", ", near\n"} {
			if strings.Contains(m.HTML+m.Text+m.Subject, other) {
				t.Errorf("%s says %q", name, other)
			}
		}
	}
	if m := insightMails(t, "Lewis")["daily_advisor_on_track"]; !strings.Contains(m.HTML, "✓ on target<") || !strings.Contains(m.Text, "), on target\n") {
		t.Errorf("a day within the tolerance:\n%s", m.Text)
	}
}

// A figure and its unit stay on one line, however narrow the column.
func TestFiguresOfWeeksDoNotWrap(t *testing.T) {
	t.Parallel()
	page := insightMails(t, "Lewis")["weekly_trends_on_track"].HTML
	cells := regexp.MustCompile(`<td style="([^"]*)">(?:<b>)?[0-9,]+ (?:kcal|g)<`).FindAllStringSubmatch(page, -1)
	if len(cells) != 20 {
		t.Errorf("%d cells with figures, want 4 of 4 weeks and 4 targets", len(cells))
	}
	for _, c := range cells {
		if !strings.Contains(c[1], "white-space:nowrap") {
			t.Errorf("wraps: %s", c[0])
		}
	}
}
