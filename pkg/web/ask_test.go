package web

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// What a button does is said in words, in both languages.
func TestQuestions(t *testing.T) {
	t.Parallel()
	week, err := calendar.Parse("2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string][2]string{
		"REGENERATE WEEK":                      {"Replan the whole week?", "Die ganze Woche neu planen?"},
		"REGENERATE WEEK WITH HIGH PROTEIN":    {"Replan the whole week? (with more protein)", "Die ganze Woche neu planen? (mit mehr Eiweiß)"},
		"REGENERATE WEEK WITH VARIETY":         {"Replan the whole week? (with more variety)", "Die ganze Woche neu planen? (mit mehr Abwechslung)"},
		"REGENERATE 2026-12-03":                {"Replan this? Thursday, 3 December", "Das neu planen? Donnerstag, 3. Dezember"},
		"LOCK 2026-12-04 dinner":               {"Keep this meal? Friday, 4 December: dinner", "Diese Mahlzeit festhalten? Freitag, 4. Dezember: Abendessen"},
		"LOCK 2026-12-04 dinner Salmon":        {"Plan Salmon and keep it? Friday, 4 December: dinner", "Salmon einplanen und festhalten? Freitag, 4. Dezember: Abendessen"},
		"UNLOCK ALL":                           {"Let every kept meal change again?", "Alle festgehaltenen Mahlzeiten freigeben?"},
		"ADJUST 2026-12-04 dinner TO Salmon":   {"Plan Salmon instead? Friday, 4 December: dinner", "Stattdessen Salmon einplanen? Freitag, 4. Dezember: Abendessen"},
		"SKIP 2026-12-04":                      {"Plan nothing? Friday, 4 December", "Nichts einplanen? Freitag, 4. Dezember"},
		"ATE 2026-12-04 dinner 1.5":            {"Record that you ate 1.5× of the planned portion? Friday, 4 December: dinner", "Als gegessen eintragen: 1,5× der geplanten Portion? Freitag, 4. Dezember: Abendessen"},
		"DISLIKE okra":                         {"Never plan okra again?", "okra nie wieder einplanen?"},
		"UNDO":                                 {"Take the last change back?", "Die letzte Änderung zurücknehmen?"},
		"what no button says, as far as known": {"Carry out this command?", "Diesen Befehl ausführen?"},
	} {
		for i, l := range []message.Language{message.English, "de"} {
			if got := questions(l, week, []string{line})[0]; got != (question{want[i], line}) {
				t.Errorf("%s in %s: %q, want %q", line, l.Tag(), got.Ask, want[i])
			}
		}
	}
	for _, v := range command.Verbs {
		if v == command.Status || v == command.HelpVerb {
			continue
		}
		if got := ask("de", command.Command{Verb: v}); strings.Contains(got, "Befehl") {
			t.Errorf("%s is not said in words", v)
		}
	}
}
