package quotation

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Original is what is known of the mail that is answered.
type Original struct {
	Sent      Fingerprint // of its own words; empty: they are not known
	Fixed     Fingerprint // of the words that any mail of ours may have
	Addresses []string    // from which we write and to which replies go
}

// Reading is what a line would be if its writer wrote it alone.
type Reading int

// The readings.
const (
	Prose   Reading = iota // nothing that we carry out
	Attempt                // begins like a command and cannot be carried out
	Command
)

// Reply is a reply, taken apart.
type Reply struct {
	Above string   // what its writer wrote above the quotation, without their signature
	Below []string // lines below or inside the quotation by which the writer wanted something
}

// Limits of what is compared.
const (
	enough     = 7 // words of ours in a row that are a quotation wherever they stand
	longHeader = 8 // lines of a header that are looked for above the mail's own text
)

// Split takes a reply apart; read tells what a line would be. Our mails have no line that
// reads as a Command: one that stands outside the run of our own words is the writer's.
//
// The quotation begins at the first line that has a mark of quoting, is a separator, an
// attribution or a header as mail programs write them, names one of our addresses, or goes
// on with words of the mail that is answered.
func Split(text string, o Original, read func(line string) Reading) Reply {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u00a0", " ", "\u202f", " ").Replace(text)
	s := splitter{lines: strings.Split(text, "\n"), known: len(o.Sent) > 0, read: read, ours: addresses(o.Addresses)}
	s.compare(o.Sent.And(o.Fixed))
	begin := s.begin()
	above := s.lines[:begin]
	if i := slices.IndexFunc(above, isSignature); i >= 0 {
		above = above[:i]
	}
	return Reply{strings.TrimSpace(strings.Join(above, "\n")), s.below(begin)}
}

func isSignature(line string) bool { return signature().MatchString(strings.TrimSpace(line)) }

func addresses(list []string) *regexp.Regexp {
	var each []string
	for _, a := range list {
		local, domain, ok := strings.Cut(a, "@")
		local, _, _ = strings.Cut(local, "+")
		if ok && local != "" && domain != "" {
			each = append(each, regexp.QuoteMeta(local)+`(?:\+[a-z0-9]*)?@`+regexp.QuoteMeta(domain))
		}
	}
	if each == nil {
		return nil
	}
	return regexp.MustCompile(`(?i)\b(?:` + strings.Join(each, "|") + `)\b`)
}

// kind is what a line is compared with the mail that is answered.
type kind struct {
	words   int
	strange int  // words that our mail does not have at all
	covered int  // words within four that follow one another in our mail as well
	longest int  // words of the run that the line's covered words belong to
	joined  bool // the run goes beyond the line
	whole   bool // a line of ours as it is
}

type splitter struct {
	lines []string
	kinds []kind
	known bool
	read  func(string) Reading
	ours  *regexp.Regexp
}

// compare looks the text's words up in the fingerprint, across its lines: wherever a
// program broke them and whatever marks it put before them.
func (s *splitter) compare(f Fingerprint) {
	s.kinds = make([]kind, len(s.lines))
	var words []string
	var at []int // the line of each word
	for i, line := range s.lines {
		w := wordsOf(line)
		s.kinds[i].words = len(w)
		s.kinds[i].whole = len(w) > 0 && len(w) < run && !isShort(w) && f.has(lineHash(w))
		for _, word := range w {
			at = append(at, i)
			if !f.has(wordHash(word)) {
				s.kinds[i].strange++
			}
		}
		words = append(words, w...)
	}
	for begin := 0; begin+run <= len(words); {
		if !f.has(hash(words[begin : begin+run]...)) {
			begin++
			continue
		}
		end := begin + run // runs that overlap are one
		for next := begin + 1; next < end && next+run <= len(words); next++ {
			if f.has(hash(words[next : next+run]...)) {
				end = next + run
			}
		}
		for i := begin; i < end; i++ {
			k := &s.kinds[at[i]]
			k.covered++
			k.longest = max(k.longest, end-begin)
			k.joined = k.joined || at[begin] != at[i] || at[end-1] != at[i]
		}
		begin = end
	}
}

// isShort reports whether a line is one word of at most three letters: units and days in cells of our
// tables are that ("g", "Di"), and so are initials and names below a reply.
func isShort(words []string) bool { return len(words) == 1 && utf8.RuneCountInString(words[0]) <= 3 }

// isOurs reports whether the line came from the mail that is answered.
func (s *splitter) isOurs(i int) bool {
	k := s.kinds[i]
	if k.whole || k.covered > 0 && 2*k.covered >= k.words {
		switch s.read(strings.TrimSpace(s.lines[i])) {
		case Command: // people copy what we propose, each on a line of its own
			return k.joined && k.covered == k.words && (s.prose(i-1) || s.prose(i+1))
		case Attempt:
			return k.whole || k.covered == k.words
		default:
			return true
		}
	}
	return false
}

// prose reports whether the line has covered words and nothing to carry out.
func (s *splitter) prose(i int) bool {
	return i >= 0 && i < len(s.lines) && s.kinds[i].joined && s.read(strings.TrimSpace(s.lines[i])) == Prose
}

// begin returns the line with which the quotation begins, with its attribution.
func (s *splitter) begin() int {
	for i := range s.lines {
		switch {
		case s.names(i), s.isOurs(i) && s.kinds[i].longest >= enough:
			return s.up(i)
		case s.isMark(i), s.isHead(i):
			return i
		}
	}
	return len(s.lines)
}

func (s *splitter) isMark(i int) bool { return marked().MatchString(s.lines[i]) }

// isHead reports whether what announces a quotation begins with the line.
func (s *splitter) isHead(i int) bool {
	line := strings.TrimSpace(s.lines[i])
	return separator().MatchString(line) || headed(s.lines[i:]) || attributed(s.lines[i:]) > 0 ||
		s.names(i) || s.fields(i) >= manyFields
}

// names reports whether the line names an address of ours.
func (s *splitter) names(i int) bool { return s.ours != nil && s.ours.MatchString(s.lines[i]) }

// fields returns how many lines in a row from this one on look like fields of a header.
func (s *splitter) fields(i int) int {
	n := 0
	for i+n < len(s.lines) && s.isField(i+n) {
		n++
	}
	return n
}

func (s *splitter) isField(i int) bool {
	line := strings.TrimSpace(s.lines[i])
	return field().MatchString(line) && s.read(line) == Prose
}

// up returns the first of the lines right above that belong to the quotation's beginning:
// an attribution broken into lines, a header in whatever language, lines of ours.
func (s *splitter) up(i int) int {
	for n := i - 1; n >= 0 && i-n <= longHeader; n-- {
		switch blank := strings.TrimSpace(s.lines[n]) == ""; {
		case blank:
			continue
		case s.isField(n), s.isOurs(n), n == i-1 && s.read(strings.TrimSpace(s.lines[n])) == Prose:
			i = n
		default:
			return i
		}
	}
	return i
}

// below returns the lines from the quotation's beginning on by which the writer wanted
// something: those that read like commands, and whatever else stands between lines of
// ours. What stands after the last of them and is no command is taken for a signature.
// Where the quotation has no marks and its mail is not known, nothing is told apart.
func (s *splitter) below(begin int) []string {
	var out, between []string
	inside, unmarked := false, false
	for i := begin; i < len(s.lines); i++ {
		line := strings.TrimSpace(s.lines[i])
		switch {
		case s.isMark(i):
			out, between, inside = append(out, between...), nil, true
		case s.isOurs(i):
			if s.known {
				out, inside = append(out, between...), true
			}
			between = nil
		case s.isHead(i) || isSignature(line):
			unmarked = unmarked || separator().MatchString(line) || s.fields(i) > 1
			between = nil
			i += max(attributed(s.lines[i:]), s.fields(i), 1) - 1
		case s.kinds[i].words == 0:
		case s.isWanted(i, unmarked):
			out = append(out, line)
		case inside && s.known && s.kinds[i].covered == 0 && s.kinds[i].strange > 0 && !strings.HasSuffix(line, ":"):
			between = append(between, line)
		}
	}
	return out
}

// isWanted reports whether the line of the quotation reads like a command of the writer.
func (s *splitter) isWanted(i int, unmarked bool) bool {
	switch s.read(strings.TrimSpace(s.lines[i])) {
	case Command:
		return s.known || !unmarked
	case Attempt:
		return s.known && s.kinds[i].covered == 0
	default:
		return false
	}
}
