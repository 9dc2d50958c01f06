package command

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Parse reads the part of a reply that its writer wrote. week is the Monday of the plan
// that the mail answers: weekdays are days of that week. A line may hold several commands.
// One that begins with a verb and does not fit the grammar to its end is a [Problem]. What
// stands in quotation marks is [Parsed.Prose].
func Parse(text string, week calendar.Date) Parsed {
	var p Parsed
	for line := range strings.Lines(clean(text)) {
		for _, part := range parts(strings.TrimSpace(line)) {
			if !p.add(part, week) {
				return p
			}
		}
	}
	return p
}

// add reads a command and reports whether more are read.
func (p *Parsed) add(line string, week calendar.Date) bool {
	words, called := undressed(line)
	shown := cut(line, MaxLine)
	if line == "" || len(words) == 0 && called {
		return true
	}
	var verb Verb
	var rest []string
	if len(words) > 0 && !torn(line) {
		verb, rest = verbOf(words)
	}
	line = shown
	if verb == "" && (!called || torn(line)) {
		p.Prose = append(p.Prose, line)
		return true
	}
	if len(p.Commands) == MaxCommands {
		p.Problems = append(p.Problems, Problem{line, message.Textf("only the first %d commands of a mail are read; send the rest in another one", MaxCommands)})
		return false
	}
	c := Command{Verb: verb, Line: line}
	if why := c.read(unpunctuated(rest), week); !why.Empty() {
		p.Problems = append(p.Problems, Problem{line, why})
		return true
	}
	p.Commands = append(p.Commands, c)
	return true
}

// joint is what people write between two commands.
var joint = lazyregexp.New(`(?i)(?:\s*[,;]\s*|[.!]+\s+|\s+(?:and|&|then)\s+)(?:(?:and|then)\s+)*`)

// parts are the commands of a line that begins with one: what is joined to it and begins
// with a verb as well.
func parts(line string) []string {
	if !opens(line) || torn(line) {
		return []string{line}
	}
	var out []string
	begin := 0
	if asking().MatchString(line) {
		line = strings.TrimRight(thanking().ReplaceAllString(line, ""), "?!. ")
	}
	for _, at := range joint().FindAllStringIndex(line, -1) {
		if opens(line[at[1]:]) && opens(line[begin:at[0]]) {
			out = append(out, line[begin:at[0]])
			begin = at[1]
		}
	}
	return append(out, line[begin:])
}

// opens reports whether the line begins with a verb.
func opens(line string) bool {
	words, _ := undressed(cut(line, MaxLine))
	if len(words) == 0 {
		return false
	}
	verb, _ := verbOf(words)
	return verb != ""
}

// torn reports whether the line has one half of a pair of quotation marks: it was cut out
// of what somebody quotes.
func torn(line string) bool {
	n := func(marks string) (n int) {
		for m := range strings.SplitSeq(marks, "") {
			n += strings.Count(line, m)
		}
		return n
	}
	return n(`"`)%2 != 0 || n("«»")%2 != 0 || n("„“”")%2 != 0
}

const maxThanks = 3 // "please, thank you. Thanks!"

// What people put around a command.
var (
	listMark = lazyregexp.New(`^(?:[-–—*•·+‣▪◦]\s+|\(?\d{1,2}[.)]\s+|[•‣▪◦])`)
	emphasis = lazyregexp.New(`^(?:\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}|_{1,2}([^\s_](?:[^_]*[^\s_])?)_{1,2})([.!]*)$`)
	polite   = lazyregexp.New(`(?i)^(?:(?:please|pls|kindly)\b[\s,]*|(?:can|could|would|will) you\b[\s,]*(?:please\b[\s,]*)?|i(?: would|['’]d) like you to\s+)`)
	asking   = lazyregexp.New(`(?i)^(?:\PL{1,3}\s*)?(?:@claude\b[,:]?\s+)?(?:can|could|would|will) you\b`)
	thanking = lazyregexp.New(`(?i)[\s,.;–—-]+(?:please|pls|thanks|thank you|thx)[\s.!?]*$`)
)

// undressed returns the words of a command without list marks, emphasis and politeness;
// called: it is addressed to us.
func undressed(line string) (words []string, called bool) {
	line = listMark().ReplaceAllString(strings.TrimSpace(line), "")
	if m := emphasis().FindStringSubmatch(line); m != nil {
		line = m[1] + m[2] + m[3]
	}
	if first, rest, _ := strings.Cut(line, " "); strings.TrimRight(plain(first), ",:") == "@claude" {
		called, line = true, strings.TrimSpace(rest)
	}
	line = polite().ReplaceAllString(line, "")
	for range maxThanks {
		line = thanking().ReplaceAllString(line, "")
	}
	return strings.Fields(line), called
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
	for _, s := range []string{"stop", "unsubscribe", "unsubscribe me", "cancel mail", "cancel mails", "cancel emails", "stop mails", "stop emails"} {
		m[s] = Pause
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

// moreOf reads "more variety" and "more protein".
func moreOf(words []string) (Verb, []string) {
	wish := unpunctuated(words)
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
