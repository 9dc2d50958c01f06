package solvefile

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// fields reads the members of one object; the first error stays.
type fields struct {
	node *node
	err  error
}

// open starts reading an object that may have only the named fields.
func open(n *node, names ...string) *fields {
	f := &fields{node: n}
	if n.kind != object {
		f.fail(n.path, "is %s, want an object", kindNames[n.kind])
		return f
	}
	for _, m := range n.object {
		if !slices.Contains(names, m.name) {
			f.fail(m.node.path, "unknown field")
		}
	}
	return f
}

func (f *fields) fail(path, format string, args ...any) {
	if f.err == nil {
		if path == "" {
			path = "file"
		}
		f.err = invalid(path, format, args...)
	}
}

// get returns a field of the kind. A missing field, or one that is null, is an error if it
// is required, else nil.
func (f *fields) get(name string, want kind, required bool) *node {
	if f.err != nil {
		return nil
	}
	n := f.node.member(name)
	switch {
	case n == nil && required:
		f.fail(f.node.child(name), "missing")
		return nil
	case n == nil || n.kind == null && !required:
		return nil
	case n.kind != want:
		f.fail(n.path, "is %s, want %s", kindNames[n.kind], kindNames[want])
		return nil
	}
	return n
}

func (f *fields) has(name string) bool {
	n := f.node.member(name)
	return n != nil && n.kind != null
}

func (f *fields) text(name string) string {
	n := f.get(name, text, true)
	if n == nil {
		return ""
	}
	return n.value.(string)
}

// each calls visit for every item of a list.
func (f *fields) each(name string, required bool, visit func(i int, n *node)) {
	if list := f.get(name, array, required); list != nil {
		for i := range list.array {
			visit(i, &list.array[i])
		}
	}
}

func (f *fields) date(name string) generate.Date {
	if n := f.get(name, text, true); n != nil {
		return f.asDate(n)
	}
	return 0
}

func (f *fields) asDate(n *node) generate.Date {
	if n.kind != text {
		f.fail(n.path, "is %s, want a date", kindNames[n.kind])
		return 0
	}
	d, err := calendar.Parse(n.value.(string))
	if err != nil {
		f.fail(n.path, "%s", err)
	}
	return d
}

func (f *fields) meal(name string) recipe.Meal {
	if n := f.get(name, text, true); n != nil {
		return f.asMeal(n)
	}
	return 0
}

func (f *fields) asMeal(n *node) recipe.Meal {
	s, _ := n.value.(string)
	for _, m := range recipe.Meals {
		if n.kind == text && s == m.String() {
			return m
		}
	}
	f.fail(n.path, "unknown meal: want breakfast, lunch or dinner")
	return 0
}

// decimal reads a number with up to 4 decimals as a count of ten-thousandths.
func (f *fields) decimal(name string, required bool) int64 {
	n := f.get(name, number, required)
	if n == nil {
		return 0
	}
	v, problem := tenThousandths(string(n.value.(json.Number)))
	if problem != "" {
		f.fail(n.path, "%s", problem)
	}
	return v
}

func (f *fields) mass(name string) nutrition.Mass {
	return nutrition.Mass(f.decimal(name, true))
}

func (f *fields) macros(name string) nutrition.Macros {
	n := f.get(name, object, true)
	if n == nil {
		return nutrition.Macros{}
	}
	g := open(n, "protein_g", "fat_g", "carbs_g")
	m := nutrition.Macros{Protein: g.mass("protein_g"), Fat: g.mass("fat_g"), Carbs: g.mass("carbs_g")}
	f.adopt(g)
	return m
}

// adopt takes over the error of an inner object.
func (f *fields) adopt(g *fields) {
	if f.err == nil {
		f.err = g.err
	}
}

// whole reads an integer from 0 up; 15.0 is one.
func (f *fields) whole(name string, required bool) int {
	n := f.get(name, number, required)
	if n == nil {
		return 0
	}
	v, problem := tenThousandths(string(n.value.(json.Number)))
	switch {
	case problem != "":
		f.fail(n.path, "%s", problem)
	case v%10_000 != 0:
		f.fail(n.path, "not a whole number")
	}
	return int(v / 10_000)
}

func (f *fields) id(name string) recipe.ID {
	if n := f.get(name, number, true); n != nil {
		return f.asID(n)
	}
	return 0
}

func (f *fields) asID(n *node) recipe.ID {
	s, ok := n.value.(json.Number)
	if n.kind != number || !ok {
		f.fail(n.path, "is %s, want a recipe id", kindNames[n.kind])
		return 0
	}
	v, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil || v < 0 {
		f.fail(n.path, "not a recipe id: want a whole number from 0 up")
	}
	return recipe.ID(v)
}

const maxNumber = 100_000_000

// tenThousandths converts the text of a JSON number exactly. A problem is a message that
// names the rule it breaks.
func tenThousandths(s string) (v int64, problem string) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, err := strconv.Atoi(s[i+1:])
		mantissaIsZero := strings.Trim(s[:i], "-0.") == ""
		switch {
		case mantissaIsZero:
			return 0, ""
		case err != nil || exp > 400 || exp < -400:
			if strings.HasPrefix(s[i+1:], "-") {
				return 0, "more than 4 decimals"
			}
			return 0, "not a finite number of a sensible size"
		}
	}
	if len(s) > 400 {
		return 0, "a number of more than 400 digits"
	}
	r, ok := new(big.Rat).SetString(s)
	switch {
	case !ok:
		return 0, "not a number"
	case r.Sign() < 0:
		return 0, "negative"
	case r.Cmp(big.NewRat(maxNumber, 1)) > 0:
		return 0, "not a finite number of a sensible size"
	}
	r.Mul(r, big.NewRat(10_000, 1))
	if !r.IsInt() {
		return 0, "more than 4 decimals"
	}
	return r.Num().Int64(), ""
}
