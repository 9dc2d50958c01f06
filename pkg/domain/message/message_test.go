package message_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

const german = message.Language("de")

func TestSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, en, de string }{
		{german.Say("Sign in"), "", "Anmelden"},
		{german.Say("Week of %v", "x"), "", "Woche vom x"},
		{message.Language("xx").Say("Sign in"), "", "Sign in"},
		{german.Say("nobody says this %d", 3), "", "nobody says this 3"},
		{german.Say("cooked %v", time.Friday), "", "gekocht am Freitag"},
		{german.Say("Another %v", recipe.Dinner), "", "Anderes Abendessen"},
		{german.Say("Now it is %v.", "Friday"), "", "Jetzt ist es Friday."}, // other people's words stay
		{german.Count(1, "%d guest", "%d guests"), "", "1 Gast"},
		{german.Count(2, "%d guest", "%d guests"), "", "2 Gäste"},
		{message.English.Count(1, "%d guest", "%d guests"), "", "1 guest"},
		{german.Say("Figures may be off by 20 %. Not medical advice."), "", "Angaben können um 20 % abweichen. Keine medizinische Beratung."},
		{german.Say("above %v", message.Number(12345.6)), "", "above 12.346"},
		{message.English.Say("above %v", message.Number(1234567)), "", "above 1,234,567"},
		{german.Say("%v", message.Textf("%v and %v", message.Textf("nothing"), errors.New("x"))), "", "nichts und x"},
	} {
		if c.text != c.de {
			t.Errorf("%q, want %q", c.text, c.de)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"this link is not valid": "This link is not valid.", "is it?": "Is it?", "plan_hour: 24 is too late": "Plan hour: 24 is too late.",
		`no recipe is called "über"`: `No recipe is called "über".`, "über 20 %": "Über 20 %.", "": "",
	} {
		if got := message.Sentence(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	d, err := calendar.Parse("2026-12-28")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 12, 28, 6, 5, 0, 0, time.UTC)
	for _, c := range [][2]string{
		{message.English.Date(d), "28 December"},
		{german.Date(d), "28. Dezember"},
		{message.English.LongDate(d), "28 December 2026"},
		{message.English.Say("nothing is planned for the week of %v", message.Day(d)), "nothing is planned for the week of 28 December 2026"},
		{german.Say("nothing is planned for the week of %v", message.Day(d)), "Für die Woche vom 28. Dezember 2026 ist nichts geplant"},
		{german.LongDate(d), "28. Dezember 2026"},
		{message.English.DateFrom(d-300, d), "28 December"},
		{message.English.DateFrom(d+4, d), "28 December 2026"},
		{german.DateFrom(d+4, d), "28. Dezember 2026"},
		{message.English.ShortDate(d), "28 Dec"},
		{german.ShortDate(d), "28. Dez."},
		{message.English.Span(d-7, d-1), "21 – 27 December 2026"},
		{german.Span(d-7, d-1), "21. – 27. Dezember 2026"},
		{message.English.Span(d, d+6), "28 December 2026 – 3 January 2027"},
		{german.Span(d, d+6), "28. Dezember 2026 – 3. Januar 2027"},
		{message.English.Weekday(d) + message.English.ShortDay(d), "MondayMon"},
		{german.Weekday(d) + german.ShortDay(d), "MontagMo"},
		{message.English.Moment(at), "Monday 28 December, 06:05"},
		{german.Moment(at), "Montag, 28. Dezember, 06:05 Uhr"},
		{message.English.Word("1.25"), "1.25"},
		{german.Word("1.25"), "1,25"},
		{german.Word("produce"), "Obst und Gemüse"},
		{german.Word("Produce"), "Obst und Gemüse"},
		{german.Word("Spices"), "Gewürze"},
		{german.Word("Other"), "Sonstiges"},
		{german.Word("Household"), "Haushalt"},
		{german.Word("Ethnic foods"), "Ethnic foods"},
		{message.English.Word("Produce"), "Produce"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]message.Language{
		"": "en", "de": german, "de-AT,en;q=0.5": german, "fr, de;q=0.8, en;q=0.4": german, "fr": "en", "en-GB,de;q=0.9": "en", "*": "en", ";;;": "en",
	} {
		if got := message.Accepted(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	if l, err := message.Parse(""); l != message.English || err != nil {
		t.Error(l, err)
	}
	if _, err := message.Parse("tlh"); err == nil || err.Error() != `language: "tlh" is not one of en, de` {
		t.Error(err)
	}
	if german.Name() != "Deutsch" || message.English.Name() != "English" || message.Language("").Tag() != "en" {
		t.Error(german.Name(), message.English.Name())
	}
}

// What is stored is said again, in any language.
func TestStoredTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []message.Text{
		{},
		message.Textf("nothing"), message.Textf("%s is %s now.", `a "b"`, "c"), message.Counted(2, "%d guest", "%d guests"),
		message.Textf("Too little energy on %v: less than 80 %% of the target. Eat something more on these days, or change the targets or the library.", message.List(message.Textf("%v", time.Friday), message.Textf("Monday"))),
		message.Textf("cooked %v", time.Friday), message.Textf("Of %d recipes %d were considered.", 3, 2),
	} {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var back message.Text
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(text) || back.In(german) != text.In(german) {
			t.Errorf("%s: %q and %q, want %q and %q (%v)", b, back, back.In(german), text, text.In(german), err)
		}
	}
	var old message.Text // as notes were stored before there were catalogues
	if err := json.Unmarshal([]byte(`"100 % of \"it\""`), &old); err != nil || old.String() != `100 % of "it"` {
		t.Errorf("%q, %v", old, err)
	}
	if _, err := json.Marshal(message.Textf("%v", 1.5)); err == nil {
		t.Error("a number that could not be read back was stored")
	}
}

func TestMinutesAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[message.Minutes]string{0: "0 min", 35: "35 min", 90: "90 min", 120: "2 h", 490: "8 h 10 min"} {
		if got := n.String(); got != want {
			t.Errorf("%d: %q, want %q", int(n), got, want)
		}
	}
}
