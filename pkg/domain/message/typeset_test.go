package message_test

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestTypeset(t *testing.T) {
	t.Parallel()
	en, de := message.English.Typeset(), german.Typeset()
	for _, c := range [][2]string{
		{en.Say(`%q is not "a" day of the children's`, `Ann's "x"`), `“Ann's "x"” is not “a” day of the children’s`},
		{en.Say("%[2]q of %[1]d, %[2]q", 3, recipe.Dinner), "“dinner” of 3, “dinner”"},
		{en.Say("%q, %d", []string{"a"}, 4), `["a"], 4`},
		{en.Say("20 %"), "20\u00a0%"},
		{message.Joined(message.Textf("In 5 %s.", "days"), message.Textf("%d min.", 3), message.Textf("min")).In(en), "In 5 days. 3\u00a0min. min"},
		{message.List(message.Textf("a"), message.Textf("b")).In(de), "a, b"},
		{en.Say("20 % of 3 g, 4 g"), "20\u00a0% of 3\u00a0g, 4\u00a0g"},
		{en.Say("%v %v is dish %d %[2]v", "Monday", "dinner", 3), "Monday dinner is dish 3 dinner"},
		{en.Say("%v %.1f %+d, 20 %%.", "x", 1.5, 2), "x 1.5 +2, 20\u00a0%."},
		{de.Say("5 gängige, 4 süße, 3 größte"), "5 gängige, 4 süße, 3 größte"},
		{en.Say("%d %% of %q", 20, "a%b"), "20\u00a0% of “a%b”"},
		{de.Say("%v", message.Minutes(25)), "25\u00a0min"},
		{en.Say("%v kcal, %.0f g, %d good, 5 grams", "1,200", 3.0, 4), "1,200\u00a0kcal, 3\u00a0g, 4 good, 5 grams"},
		{de.Say("%q is no date", "x"), "„x“ ist kein Datum"},
		{de.Say("Sign in"), "Anmelden"},
		{de.Tag() + en.Tag() + message.Language("").Typeset().Tag(), "deenen"},
		{message.English.Say("%q is not a day of the children's", "x"), `"x" is not a day of the children's`},
		{message.Textf("%v", message.Errorf("no %q", "x")).In(en), "no “x”"},
		{message.Textf("%v", message.Errorf("no %q", "x")).In("en"), `no "x"`},
		{de.Number(12345.6) + en.Number(1234567) + de.Word("wednesday"), "12.3461,234,567" + german.Word("wednesday")},
		{en.Say("%v", errors.New(`a "b"`)), "a “b”"},
		{message.Of(errors.New(`a "b"`), de), "a „b“"},
		{message.Of(errors.New(`a "b"`), german), `a "b"`},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

// No message that anybody can be shown keeps the marks of a keyboard, in any language.
func TestEveryMessageIsTypeset(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("data/de.po")
	if err != nil {
		t.Fatal(err)
	}
	texts := regexp.MustCompile(`(?m)^msgid(?:_plural)? ("(?:[^"\\]|\\.)*"(?:\n"(?:[^"\\]|\\.)*")*)`).FindAllStringSubmatch(string(data), -1)
	verbs := regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0-9.]*([a-zA-Z])`)
	for _, m := range texts {
		var text strings.Builder
		for line := range strings.Lines(m[1]) {
			part, err := strconv.Unquote(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(part)
		}
		id := text.String()
		var args []any
		for _, v := range verbs.FindAllStringSubmatch(id, -1) {
			var arg any = "x"
			if strings.Contains("dbx", v[2]) {
				arg = 2
			}
			args = append(args, arg)
		}
		for _, l := range []message.Language{message.English, german} {
			if said := l.Typeset().Say(id, args...); strings.ContainsAny(said, `"'`) && !strings.Contains(said, "%!") {
				t.Errorf("%s: %s", l, said)
			}
		}
	}
	if len(texts) < 1000 {
		t.Errorf("only %d messages were found", len(texts))
	}
}
