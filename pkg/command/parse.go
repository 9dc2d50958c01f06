package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/calendar"
)

// Parse reads the part of a reply that its writer wrote. week is the Monday of the plan
// that the mail answers: weekdays are days of that week. A line that begins with a verb
// and does not fit the grammar to its end is a [Problem].
func Parse(text string, week calendar.Date) Parsed {
	var p Parsed
	for line := range strings.Lines(clean(text)) {
		words := strings.Fields(line)
		line = cut(strings.TrimSpace(line), MaxLine)
		called := len(words) > 0 && strings.TrimRight(plain(words[0]), ",:") == "@claude"
		if called {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		verb, rest := verbOf(words)
		if verb == "" && !called {
			p.Prose = append(p.Prose, line)
			continue
		}
		if len(p.Commands) == MaxCommands {
			p.Problems = append(p.Problems, Problem{line, fmt.Sprintf("only the first %d commands of a mail are read; send the rest in another one", MaxCommands)})
			return p
		}
		c := Command{Verb: verb, Line: line}
		if why := c.read(unpunctuated(rest), week); why != "" {
			p.Problems = append(p.Problems, Problem{line, why})
			continue
		}
		p.Commands = append(p.Commands, c)
	}
	return p
}

// openings are the ways to begin a command, as words in lower case.
var openings = func() map[string]Verb {
	m := map[string]Verb{"add": Prefer, "i add": Prefer, "i prefer": Prefer}
	for _, v := range Verbs {
		m[strings.ToLower(string(v))] = v
	}
	for _, s := range []string{"hate", "dislike", "don't like", "dont like", "do not like", "didn't like", "didnt like", "did not like"} {
		m[s], m["i "+s] = Dislike, Dislike
	}
	return m
}()

const longestOpening = 4 // words of "i do not like"

// verbOf finds the verb that the line begins with and the words after it; "" if none.
func verbOf(words []string) (Verb, []string) {
	start := make([]string, min(longestOpening, len(words)))
	for i := range start {
		start[i] = strings.TrimRight(plain(words[i]), ",;:.!?")
	}
	if start[0] == "more" && len(start) > 1 && (start[1] == "variety" || start[1] == "protein") {
		return moreOf(words)
	}
	for n := len(start); n > 0; n-- {
		if v, ok := openings[strings.Join(start[:n], " ")]; ok {
			return v, words[n:]
		}
	}
	return "", nil
}

// moreOf reads "more variety please" and "more protein please".
func moreOf(words []string) (Verb, []string) {
	wish := unpunctuated(words)
	if n := len(wish); plain(wish[n-1]) == "please" {
		wish = unpunctuated(wish[:n-1])
	}
	if len(wish) != 2 {
		return "", nil
	}
	wish[1] = strings.TrimRight(wish[1], ",")
	return Prefer, wish
}

// unpunctuated drops the line's closing punctuation.
func unpunctuated(words []string) []string {
	words = slices.Clone(words)
	for n := len(words); n > 0; n-- {
		if words[n-1] = strings.TrimRight(words[n-1], ".!"); words[n-1] != "" {
			return words[:n]
		}
	}
	return nil
}
