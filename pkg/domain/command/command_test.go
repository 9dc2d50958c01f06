package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// week is the Monday 2026-11-30.
var week = func() calendar.Date {
	d, err := calendar.Parse("2026-11-30")
	if err != nil {
		panic(err)
	}
	return d
}()

// Every accepted form, with the command it is.
func TestCommands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"LOCK friday dinner Grilled Salmon":               "LOCK 2026-12-04 dinner Grilled Salmon",
		"lock Fri DINNER":                                 "LOCK 2026-12-04 dinner",
		"Lock dinner friday Friday Night Pizza":           "LOCK 2026-12-04 dinner Friday Night Pizza",
		"LOCK friday dinner Lunch Box":                    "LOCK 2026-12-04 dinner Lunch Box",
		"@Claude lock 2026-12-04 dinner.":                 "LOCK 2026-12-04 dinner",
		"UNLOCK friday dinner":                            "UNLOCK 2026-12-04 dinner",
		"unlock all!":                                     "UNLOCK ALL",
		"REGENERATE":                                      "REGENERATE WEEK",
		"REGENERATE WEEK WITH HIGH PROTEIN":               "REGENERATE WEEK WITH HIGH PROTEIN",
		"regenerate with variety":                         "REGENERATE WEEK WITH VARIETY",
		"regenerate tues":                                 "REGENERATE 2026-12-01",
		"regenerate thurs lunch with low carb":            "REGENERATE 2026-12-03 lunch WITH LOW CARB",
		"regenerate sunday WITH  balanced .":              "REGENERATE 2026-12-06 WITH BALANCED",
		"@Claude adjust Tuesday dinner to pasta":          "ADJUST 2026-12-01 dinner TO pasta",
		"@claude, adjust tue dinner":                      "ADJUST 2026-12-01 dinner",
		"ADJUST wed lunch to To Die For Soup":             "ADJUST 2026-12-02 lunch TO To Die For Soup",
		"SKIP breakfast tuesday":                          "SKIP 2026-12-01 breakfast",
		"SKIP tuesday breakfast":                          "SKIP 2026-12-01 breakfast",
		"SKIP tuesday":                                    "SKIP 2026-12-01",
		"skip: thur":                                      "SKIP 2026-12-03",
		"unskip sun lunch":                                "UNSKIP 2026-12-06 lunch",
		"I hate Brussels sprouts":                         "DISLIKE Brussels sprouts",
		"i don’t like olives.":                            "DISLIKE olives",
		"I didn't like the fish":                          "DISLIKE the fish",
		"I do not like liver":                             "DISLIKE liver",
		"didn‘t like tofu":                                "DISLIKE tofu",
		"hate okra":                                       "DISLIKE okra",
		"dislike crème fraîche":                           "DISLIKE crème fraîche",
		"ADD more vegetables":                             "PREFER more vegetables",
		"I prefer fish on Fridays":                        "PREFER fish on Fridays",
		"more variety please":                             "PREFER more variety",
		"More protein, please!":                           "PREFER More protein",
		"TRAVEL wed-thu":                                  "TRAVEL 2026-12-02, 2026-12-03",
		"TRAVEL wed – fri":                                "TRAVEL 2026-12-02, 2026-12-03, 2026-12-04",
		"TRAVEL wed to thu":                               "TRAVEL 2026-12-02, 2026-12-03",
		"TRAVEL fri, wed and thu":                         "TRAVEL 2026-12-02, 2026-12-03, 2026-12-04",
		"TRAVEL mon, mon-tue, and sat":                    "TRAVEL 2026-11-30, 2026-12-01, 2026-12-05",
		"TRAVEL 2026-12-02-2026-12-03":                    "TRAVEL 2026-12-02, 2026-12-03",
		"travel sunday":                                   "TRAVEL 2026-12-06",
		"ATE lunch":                                       "ATE lunch",
		"ate tuesday lunch":                               "ATE 2026-12-01 lunch",
		"ate lunch tuesday":                               "ATE 2026-12-01 lunch",
		"ATE lunch half":                                  "ATE lunch 0.5",
		"ate tuesday lunch ½":                             "ATE 2026-12-01 lunch 0.5",
		"ate lunch tuesday 1½":                            "ATE 2026-12-01 lunch 1.5",
		"ATE lunch 1,25":                                  "ATE lunch 1.25",
		"ate lunch twice":                                 "ATE lunch 2",
		"ate lunch 2x":                                    "ATE lunch 2",
		"ATE lunch 1":                                     "ATE lunch",
		"ATE lunch nothing":                               "ATE lunch NOTHING",
		"pause":                                           "PAUSE",
		"Resume.":                                         "RESUME",
		"STATUS!":                                         "STATUS",
		"help":                                            "HELP",
		"@claude HELP":                                    "HELP",
		"Undo":                                            "UNDO",
		"- LOCK friday dinner":                            "LOCK 2026-12-04 dinner",
		"* SKIP tuesday":                                  "SKIP 2026-12-01",
		"– skip tuesday":                                  "SKIP 2026-12-01",
		"•skip tuesday":                                   "SKIP 2026-12-01",
		"1. SKIP tuesday":                                 "SKIP 2026-12-01",
		"12) SKIP tuesday":                                "SKIP 2026-12-01",
		"(1) SKIP tuesday":                                "SKIP 2026-12-01",
		"*SKIP tuesday*":                                  "SKIP 2026-12-01",
		"**SKIP tuesday**.":                               "SKIP 2026-12-01",
		"_SKIP tuesday_":                                  "SKIP 2026-12-01",
		"can you lock friday dinner?":                     "LOCK 2026-12-04 dinner",
		"Please skip breakfast tuesday":                   "SKIP 2026-12-01 breakfast",
		"please, skip breakfast tuesday.":                 "SKIP 2026-12-01 breakfast",
		"Could you lock friday dinner please?":            "LOCK 2026-12-04 dinner",
		"could you please unlock all, thanks!":            "UNLOCK ALL",
		"1) @Claude, would you regenerate friday? Thanks": "REGENERATE 2026-12-04",
		"I'd like you to skip tuesday":                    "SKIP 2026-12-01",
		"LOCK friday dinner please":                       "LOCK 2026-12-04 dinner",
		"LOCK friday dinner Mac and cheese, please":       "LOCK 2026-12-04 dinner Mac and cheese",
		"LOCK friday dinner “Grilled Salmon”":             "LOCK 2026-12-04 dinner Grilled Salmon",
		"ADJUST tue dinner to «Pasta bake».":              "ADJUST 2026-12-01 dinner TO Pasta bake",
		"LOCK friday dinner Grandma's pie":                "LOCK 2026-12-04 dinner Grandma's pie",
		"I hate 'liver'":                                  "DISLIKE liver",
		"STOP":                                            "PAUSE",
		"Unsubscribe.":                                    "PAUSE",
		"please unsubscribe me":                           "PAUSE",
		"CANCEL MAILS":                                    "PAUSE",
		"stop please":                                     "PAUSE",
		"\ufeffSKIP\u00a0tue\u200bsday \u202elunch\u202c": "SKIP 2026-12-01 lunch",
		"ＳＫＩＰ　ｔｕｅｓｄａｙ":                                    "SKIP 2026-12-01",
	} {
		p := command.Parse(line, week)
		if len(p.Commands) != 1 || len(p.Problems) > 0 || len(p.Prose) > 0 {
			t.Errorf("%q: got %+v", line, p)
			continue
		}
		if got := p.Commands[0].String(); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// Every field once, so that String cannot hide a wrong one.
func TestFields(t *testing.T) {
	t.Parallel()
	lunch := recipe.Lunch
	p := command.Parse("Good morning,\r\n\r\n REGENERATE thu lunch WITH high protein \r\nunlock all\r\nregenerate with variety\r\nTRAVEL sat-sun\r\nlock wed lunch Soup\r\nhelp me please\r\nThanks", week)
	want := command.Parsed{
		Commands: []command.Command{
			{Verb: command.Regenerate, Line: "REGENERATE thu lunch WITH high protein", Days: []calendar.Date{week + 3}, Meal: &lunch, Mode: targets.HighProtein},
			{Verb: command.Unlock, Line: "unlock all", All: true},
			{Verb: command.Regenerate, Line: "regenerate with variety", All: true, Variety: true},
			{Verb: command.Travel, Line: "TRAVEL sat-sun", Days: []calendar.Date{week + 5, week + 6}},
			{Verb: command.Lock, Line: "lock wed lunch Soup", Days: []calendar.Date{week + 2}, Meal: &lunch, Text: "Soup"},
		},
		Problems: []command.Problem{{Line: "help me please", Why: message.Textf("%q stands alone on its line", command.HelpVerb)}},
		Prose:    []string{"Good morning,", "Thanks"},
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
}

// Lines that begin like a command and are none; the answer names the cure.
func TestProblems(t *testing.T) {
	t.Parallel()
	for line, cure := range map[string]string{
		"Skip the small talk":         "SKIP <day>",
		"SKIP lunch":                  "SKIP <day>",
		"SKIP today":                  "SKIP <day>",
		"SKIP tuesday lunch dinner":   "SKIP <day> <meal>",
		"SKIP 2026-12-07":             "2026-11-30 to 2026-12-06",
		"SKIP 2026-13-01 lunch":       "no day of this plan",
		"LOCK friday Grilled Salmon":  "LOCK <day> <meal>",
		"Lock, stock and barrel":      "LOCK <day> <meal>",
		"UNLOCK friday":               "UNLOCK ALL",
		"UNLOCK all of it":            "UNLOCK ALL",
		"UNLOCK friday dinner now":    "UNLOCK ALL",
		"ADJUST tuesday dinner pasta": "TO <recipe>",
		"ADJUST tuesday dinner to":    "TO <recipe>",
		"adjust your expectations":    "ADJUST <day> <meal>",
		"REGENERATE dinner":           "REGENERATE <day> <meal>",
		"REGENERATE WEEK with keto":   "HIGH PROTEIN",
		"REGENERATE WEEK tuesday":     "REGENERATE WEEK",
		"REGENERATE tuesday with":     "HIGH PROTEIN",
		"TRAVEL":                      "TRAVEL <day>-<day>",
		"TRAVEL fri-wed":              "Friday is not before Wednesday",
		"TRAVEL wed thu":              "commas",
		"TRAVEL wed-thu-fri":          "commas",
		"TRAVEL wed,":                 "commas",
		"TRAVEL to Rome":              "commas",
		"TRAVEL wed, 2027-01-01":      "no day of this plan",
		"ATE":                         "ATE <meal>",
		"ate tuesday":                 "ATE <meal>",
		"Ate too much yesterday":      "ATE <meal>",
		"ATE lunch 0":                 "NOTHING",
		"ATE lunch 11":                "not between 0.01 and 10",
		"ATE lunch some":              "how much of the portion",
		"ATE lunch half of it":        "ATE <meal>",
		"ATE 2 lunch":                 "ATE <meal>",
		"Pause for a moment":          "alone",
		"Stop sending me mails":       "CANCEL MAILS",
		"Please skip the small talk":  "SKIP <day>",
		"SKIP tuesday?":               "SKIP <day>",
		"- LOCK friday":               "LOCK <day> <meal>",
		"I hate it!":                  "DISLIKE",
		"I hate":                      "name one food",
		"hate ???":                    "name one food",
		"Add":                         "ADD more vegetables",
		"I hate to bother you with so many of these mails": "6 words",
		"@claude what is for dinner?":                      "HELP",
		"I hate " + strings.Repeat("x", 101):               "100 characters",
		"LOCK fri lunch " + strings.Repeat("x", 201):       "200 characters",
	} {
		p := command.Parse(line, week)
		if len(p.Problems) != 1 || len(p.Commands) > 0 || len(p.Prose) > 0 {
			t.Errorf("%q: got %+v", line, p)
			continue
		}
		if why := p.Problems[0].Why.String(); !strings.Contains(why, cure) {
			t.Errorf("%q: %q does not name the cure %q", line, why, cure)
		}
	}
}

// Several commands in a line are several; where one cannot be read, the answer names it.
func TestSeveralInALine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"LOCK friday dinner, SKIP breakfast tuesday":                                     "LOCK 2026-12-04 dinner|SKIP 2026-12-01 breakfast",
		"please lock friday dinner and skip breakfast tuesday, thanks":                   "LOCK 2026-12-04 dinner|SKIP 2026-12-01 breakfast",
		"Can you lock friday dinner; unlock tuesday dinner, and then regenerate sunday?": "LOCK 2026-12-04 dinner|UNLOCK 2026-12-01 dinner|REGENERATE 2026-12-06",
		"- TRAVEL wed, fri and sat, I hate olives":                                       "TRAVEL 2026-12-02, 2026-12-04, 2026-12-05|DISLIKE olives",
		"SKIP tuesday. LOCK friday dinner.":                                              "SKIP 2026-12-01|LOCK 2026-12-04 dinner",
		"skip tuesday & more protein please":                                             "SKIP 2026-12-01|PREFER more protein",
		"LOCK friday dinner Mac and cheese and status":                                   "LOCK 2026-12-04 dinner Mac and cheese|STATUS",
		"LOCK friday dinner and skip tuesdy":                                             "LOCK 2026-12-04 dinner|!skip tuesdy",
		"I hate olives, help me find something else":                                     "DISLIKE olives|!help me find something else",
		"SKIP fryday and LOCK friday dinner":                                             "!SKIP fryday|LOCK 2026-12-04 dinner",
	} {
		p := command.Parse(line, week)
		var got []string
		for _, c := range p.Commands {
			got = append(got, c.String())
		}
		for _, problem := range p.Problems {
			got = append(got, "!"+problem.Line)
		}
		expected := strings.Split(want, "|")
		slices.Sort(expected)
		slices.Sort(got)
		if !slices.Equal(got, expected) || len(p.Prose) > 0 {
			t.Errorf("%q: got %q and prose %q, want %q", line, got, p.Prose, expected)
		}
	}
}

// No part of the help reads as a command, however a mail program breaks it.
func TestHelpIsNoCommand(t *testing.T) {
	t.Parallel()
	words := strings.Fields(command.Help)
	for i := range words {
		for n := 1; n <= 20 && i+n <= len(words); n++ {
			line := strings.Join(words[i:i+n], " ")
			if p := command.Parse(line, week); len(p.Commands) > 0 {
				t.Errorf("%q is read as %v", line, p.Commands)
			}
		}
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"Hello", "I skipped lunch today", "I ate lunch", "helpful as always", "I really hate mondays",
		"more details please", "more protein for everyone please", "We travel wed-thu", "Unlocked.", "?", "😀", `"LOCK friday dinner"`, "“SKIP tuesday”", "> SKIP tuesday", "| SKIP tuesday",
		"Can you tell me what to cook, and skip tuesday?", "Please", "Thanks, skip tuesday", "- 1.", "We stop here", "Let us pause and skip tuesday",
	} {
		if p := command.Parse(line, week); len(p.Prose) != 1 || p.Prose[0] != line || len(p.Commands)+len(p.Problems) > 0 {
			t.Errorf("%q: got %+v", line, p)
		}
	}
	if p := command.Parse("@Claude\n\n \u200b\n", week); len(p.Prose)+len(p.Commands)+len(p.Problems) > 0 {
		t.Errorf("nothing was written, got %+v", p)
	}
}

func TestOnlyTheFirstCommandsOfAMailAreRead(t *testing.T) {
	t.Parallel()
	p := command.Parse(strings.Repeat("SKIP tue\nand\n", 25), week)
	if len(p.Commands) != command.MaxCommands || len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Why.String(), "another one") {
		t.Errorf("%d commands, problems %v", len(p.Commands), p.Problems)
	}
}

func TestHelpNamesEveryVerb(t *testing.T) {
	t.Parallel()
	for _, v := range command.Verbs {
		if !strings.Contains(command.Help, string(v)) {
			t.Errorf("%s is missing", v)
		}
	}
}

// commands draws commands as the parser may return them.
func commands() *rapid.Generator[command.Command] {
	return rapid.Custom(func(t *rapid.T) command.Command {
		c := command.Command{Verb: rapid.SampledFrom(command.Verbs).Draw(t, "verb")}
		day := func() { c.Days = []calendar.Date{week + calendar.Date(rapid.IntRange(0, 6).Draw(t, "day"))} }
		meal := func() {
			m := rapid.SampledFrom(recipe.Meals[:]).Draw(t, "meal")
			c.Meal = &m
		}
		text := func() {
			word := rapid.StringMatching(`[A-Za-zäéß'&(][A-Za-z0-9,)-]{0,8}|to|with|monday|lunch|all|please`)
			c.Text = "x " + strings.Join(rapid.SliceOfN(word, 0, 5).Draw(t, "words"), " ")
			c.Text = strings.TrimSpace(c.Text)
			for strings.HasSuffix(strings.TrimRight(c.Text, ",-"), "please") { // it would be politeness
				c.Text = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.Text, ",-"), "please"), " ,-")
			}
		}
		maybe := func(draw func()) {
			if rapid.Bool().Draw(t, "more") {
				draw()
			}
		}
		switch c.Verb {
		case command.Lock, command.Adjust:
			day()
			meal()
			maybe(text)
		case command.Unlock:
			if c.All = rapid.Bool().Draw(t, "all"); !c.All {
				day()
				meal()
			}
		case command.Regenerate:
			if c.All = rapid.Bool().Draw(t, "all"); !c.All {
				day()
				maybe(meal)
			}
			if c.Variety = rapid.Bool().Draw(t, "variety"); !c.Variety {
				c.Mode = rapid.SampledFrom([]targets.Mode{"", targets.HighProtein, targets.LowCarb, targets.Balanced}).Draw(t, "mode")
			}
		case command.Skip, command.Unskip:
			day()
			maybe(meal)
		case command.Ate:
			maybe(day)
			meal()
			if c.Nothing = rapid.Bool().Draw(t, "nothing"); !c.Nothing {
				maybe(func() {
					c.Portion = 100 * nutrition.Servings(rapid.IntRange(1, 1000).Filter(func(n int) bool { return n != 100 }).Draw(t, "hundredths"))
				})
			}
		case command.Dislike, command.Prefer:
			text()
		case command.Travel:
			for d := range calendar.Date(7) {
				maybe(func() { c.Days = append(c.Days, week+d) })
			}
			if len(c.Days) == 0 {
				day()
			}
		}
		c.Line = c.String()
		return c
	})
}

func TestStringIsReadAsTheSameCommand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := commands().Draw(t, "command")
		if d := cmp.Diff(command.Parsed{Commands: []command.Command{want}}, command.Parse(want.String(), week)); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"LOCK friday dinner Grilled Salmon\r\nHi", "@claude TRAVEL wed–thu, 2026-12-06", "I don’t like\u00a0olives.", "more protein please", "REGENERATE WITH LOW CARB!!", command.Help} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := command.Parse(text, week)
		seen := command.Clean(text)
		for _, c := range p.Commands {
			if !strings.Contains(seen, c.Line) || utf8.RuneCountInString(c.Line) > command.MaxLine {
				t.Errorf("line %q is not in %q", c.Line, seen)
			}
			again := command.Parse(c.String(), week)
			if len(again.Commands) != 1 || again.Commands[0].String() != c.String() {
				t.Errorf("%q reads as %s, %s as %+v", c.Line, c, c, again)
			}
			if !slices.IsSorted(c.Days) || len(c.Days) > 7 {
				t.Errorf("days %v", c.Days)
			}
		}
		for _, problem := range p.Problems {
			if !strings.Contains(seen, problem.Line) || problem.Why.Empty() {
				t.Errorf("problem %+v", problem)
			}
		}
		if len(p.Commands) > command.MaxCommands {
			t.Errorf("%d commands", len(p.Commands))
		}
	})
}

func ExampleParse() {
	p := command.Parse("Thanks!\nSKIP breakfast tuesday\nLOCK friday", week)
	fmt.Println(p.Commands[0])
	fmt.Println(p.Problems[0].Why)
	// Output:
	// SKIP 2026-12-01 breakfast
	// write "LOCK <day> <meal>", and the recipe's name after it to plan another one
}
