package grocery

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// Parsed is an ingredient line taken apart.
type Parsed struct {
	Amount *big.Rat  // nil: the line states none
	Unit   string    // as in [Quantity]
	Each   *Quantity // what one container holds, in "2 (400 g) cans"; nil: not stated
	Name   string
	Note   string // what follows a comma or stands in brackets, and "juice of"
	Heaped bool   // the amount is a heaped spoon or cup, so about right only

	unit unit
}

// bare reports whether the line is an amount and nothing else.
func (p Parsed) bare() bool {
	return p.Amount != nil && p.Amount.Sign() > 0 && p.Name == "" && p.Note == "" && p.unit.size == nil
}

const maxLine = 1000 // bytes

// ParseLine reads a line such as "1½ cups flour, sifted". Of a range it takes the upper
// end. A comma before exactly three digits separates thousands ("1,000 g"), any other
// is a decimal comma ("1,5 dl"). names are foods whose names may begin with a number: in
// "21 Seasoning" there is no amount. A mark of a list before it ("- 2 eggs") says nothing. An
// empty line, a negative number ("-2 eggs"), a division by zero, a number of more than six
// digits and a line of more than 1,000 bytes are errors.
func ParseLine(s string, names ...string) (Parsed, error) {
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "⁄", "/")), " ")
	switch {
	case s == "":
		return Parsed{}, errors.New("the line is empty")
	case len(s) > maxLine:
		return Parsed{}, fmt.Errorf("the line has %d bytes, more than %d", len(s), maxLine)
	}
	var p Parsed
	if m := madeOf().FindString(s); m != "" {
		p.Note, s = strings.TrimSpace(m[:len(m)-len("of ")])+" of", s[len(m):]
	}
	s = about().ReplaceAllString(s, "")
	if startsWithName(s, names) {
		p.finish(s)
		return p, nil
	}
	s = bullet().ReplaceAllString(s, "")
	if negative().MatchString(s) {
		return Parsed{}, fmt.Errorf("%q: a negative amount", s)
	}
	amount, rest, err := upper(s)
	if err != nil {
		return Parsed{}, err
	}
	if amount == nil {
		if m := article().FindString(s); m != "" {
			if u, _, ok := leadingUnit(s[len(m):]); ok && u.key != "" {
				amount, rest = big.NewRat(1, 1), " "+s[len(m):]
			}
		}
	}
	if amount == nil || glued(rest) {
		p.finish(s)
		return p, nil
	}
	p.Amount = amount
	if raw := strings.TrimSpace(strings.TrimSuffix(s, rest)); thousands().MatchString(raw) {
		if u, _, ok := leadingUnit(strings.TrimSpace(rest)); ok && u.num == u.den && u.dim != count {
			p.Amount = new(big.Rat).Mul(amount, big.NewRat(1000, 1)) // nobody weighs to the milligram
		}
	}
	return p, p.afterAmount(strings.TrimSpace(rest), names)
}

var (
	madeOf   = lazyregexp.New(`(?i)^(?:juice|zest|rind|peel|(?:juice and zest)|(?:zest and juice)) of `)
	about    = lazyregexp.New(`(?i)^(?:(?:about|approximately|circa|etwa|ca) |approx\.? |ca\. ?|~ ?|≈ ?)`)
	bullet   = lazyregexp.New(`^(?:[-−–—•·*] )+`)
	negative = lazyregexp.New(`^[-−][\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]`)
	article  = lazyregexp.New(`(?i)^(?:an?|one|eine?) `)
	// thousands is how German writes them: "1.500 g".
	thousands = lazyregexp.New(`^[1-9]\d{0,2}\.\d{3}$`)
	times     = lazyregexp.New(`(?i)^[x×] ?`)
	of        = lazyregexp.New(`(?i)^(?:of|von) `)
	each      = lazyregexp.New(`(?i)^(?:each|apiece|je) ?`)
	number    = lazyregexp.New(`^(?:(\d+)[ -]?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])|([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])|(\d+)[ -](\d+) ?/ ?(\d+)|(\d+) ?/ ?(\d+)|(\d{1,3}(?:,\d{3})+(?:\.\d+)?)|(\d+(?:[.,]\d+)?))`)
	through   = lazyregexp.New(`(?i)^ ?(?:-|–|—|to |bis |or ) ?`)
)

var signs = map[string][2]int64{
	"½": {1, 2}, "⅓": {1, 3}, "⅔": {2, 3}, "¼": {1, 4}, "¾": {3, 4}, "⅕": {1, 5}, "⅖": {2, 5}, "⅗": {3, 5}, "⅘": {4, 5},
	"⅙": {1, 6}, "⅚": {5, 6}, "⅛": {1, 8}, "⅜": {3, 8}, "⅝": {5, 8}, "⅞": {7, 8},
}

// startsWithName reports whether the line is, or begins with, a known name.
func startsWithName(s string, names []string) bool {
	for _, n := range names {
		if n != "" && len(s) >= len(n) && strings.EqualFold(s[:len(n)], n) && (len(s) == len(n) || !isWord(s[len(n):])) {
			return true
		}
	}
	return false
}

func isWord(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return false
}

// glued reports whether a number runs on into a word that is no unit, as in 7UP.
func glued(rest string) bool {
	if !isWord(rest) && !strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "%") {
		return false
	}
	_, _, ok := leadingUnit(strings.TrimPrefix(rest, "-"))
	return !ok && !times().MatchString(rest)
}

// upper reads a number or a range; of a range, the upper end.
func upper(s string) (*big.Rat, string, error) {
	low, rest, err := value(s)
	if err != nil || low == nil {
		return nil, s, err
	}
	m := through().FindString(rest)
	if m == "" {
		return low, rest, nil
	}
	high, after, err := value(rest[len(m):])
	if err != nil || high == nil {
		return low, rest, err
	}
	if high.Cmp(low) < 0 {
		high = low
	}
	return high, after, nil
}

// value reads one number; nil when there is none.
func value(s string) (*big.Rat, string, error) {
	m := number().FindStringSubmatch(s)
	if m == nil {
		return nil, s, nil
	}
	var out *big.Rat
	switch {
	case m[1] != "":
		out = plus(m[1], fraction(m[2]))
	case m[3] != "":
		out = fraction(m[3])
	case m[4] != "":
		out = plus(m[4], quotient(m[5], m[6]))
	case m[7] != "":
		out = quotient(m[7], m[8])
	case m[9] != "" && !strings.HasPrefix(m[9], "0"):
		out = plus(strings.ReplaceAll(m[9], ",", ""), new(big.Rat))
	default:
		out = plus(strings.Replace(m[9]+m[10], ",", ".", 1), new(big.Rat))
	}
	if out == nil || out.Cmp(big.NewRat(999_999, 1)) > 0 {
		return nil, s, fmt.Errorf("%q is not an amount", m[0])
	}
	return out, s[len(m[0]):], nil
}

func fraction(sign string) *big.Rat { return big.NewRat(signs[sign][0], signs[sign][1]) }

func plus(whole string, part *big.Rat) *big.Rat {
	const longest = 12 // digits worth reading
	r, ok := new(big.Rat).SetString(whole)
	if !ok || part == nil || len(whole) > longest {
		return nil
	}
	return r.Add(r, part)
}

func quotient(num, den string) *big.Rat {
	a, b := plus(num, new(big.Rat)), plus(den, new(big.Rat))
	if a == nil || b == nil || b.Sign() == 0 {
		return nil
	}
	return a.Quo(a, b)
}

// leadingUnit takes the longest name of a unit, of at most three words, off the text.
func leadingUnit(s string) (unit, string, bool) {
	words := strings.SplitN(s, " ", 4)
	for n := min(3, len(words)); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		if u, ok := units.Named(strings.TrimRight(name, ",:;")); ok && !u.Aside {
			return from(u), strings.TrimSpace(s[len(strings.TrimRight(name, ",:;")):]), true
		}
	}
	return piece, s, false
}

// afterAmount reads what follows the first number.
func (p *Parsed) afterAmount(rest string, names []string) error {
	if startsWithName(rest, names) {
		p.unit = piece
		p.finish(rest)
		return nil
	}
	content, after, err := contents(times().ReplaceAllString(rest, ""))
	if err != nil {
		return err
	}
	u, tail, ok := leadingUnit(strings.TrimPrefix(rest, "-"))
	if content != nil { // "2 (400 g) cans"
		if u, tail, ok = leadingUnit(after); !ok || u.style != packed {
			u, tail, ok = piece, after, false
		}
	} else if ok && u.style == packed { // "2 cans (400 g)"
		if content, after, err = contents(tail); err != nil {
			return err
		} else if content != nil {
			tail = after
		}
	}
	if !ok && content == nil {
		tail = rest
	}
	if content != nil {
		if u.key == "" {
			u = unit{key: "pack", one: "pack", many: "packs", dim: count, style: packed}
		}
		u = u.holding(content.amount, content.unit)
		p.Each = &Quantity{Amount: content.amount, Unit: content.unit.key}
	}
	p.unit, p.Unit, p.Heaped = u, u.key, u.heaped
	p.finish(of().ReplaceAllString(strings.TrimSpace(tail), ""))
	return nil
}

// contents reads the mass or volume of one container: "(400 g) ...", "400 g ..." or
// "14-oz ...". nil when there is none.
func contents(s string) (*quantity, string, error) {
	inner, after, bracket := strings.Cut(strings.TrimPrefix(s, "("), ")")
	if !strings.HasPrefix(s, "(") {
		inner, after, bracket = s, "", false
	} else if !bracket {
		return nil, s, nil
	}
	amount, rest, err := upper(inner)
	if err != nil || amount == nil || amount.Sign() == 0 {
		return nil, s, err
	}
	u, tail, ok := leadingUnit(strings.TrimLeft(rest, " -"))
	if !ok || u.dim == count {
		return nil, s, nil
	}
	tail = each().ReplaceAllString(tail, "")
	if bracket && tail != "" {
		return nil, s, nil
	}
	return &quantity{amount, u}, strings.TrimSpace(tail + after), nil
}

// finish splits the rest into name and note.
func (p *Parsed) finish(rest string) {
	name, note := rest, ""
	if i := strings.IndexAny(rest, ",("); i >= 0 {
		name, note = rest[:i], strings.Trim(strings.NewReplacer("(", "", ")", "").Replace(rest[i:]), ", ")
	}
	p.Name = strings.TrimSpace(name)
	p.Note = strings.TrimSpace(strings.TrimSpace(p.Note) + " " + note)
}
