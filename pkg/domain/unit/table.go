package unit

import (
	_ "embed" // for the table
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/units.csv
var file string

// units is the table with its indexes.
type units struct {
	units  []Unit
	byKey  map[string]int
	byName map[string]spelling
}

type spelling struct {
	unit  int
	aside bool
}

var table = sync.OnceValue(func() units {
	t, err := read(file)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return t
})

var (
	kinds  = []string{"mass", "volume", "count"}
	styles = []string{"metric", "weigh", "spoon", "vessel", "fluid", "item", "tiny", "packed"}
)

// columns are those of data/units.csv.
var columns = []string{"key", "kind", "style", "num", "den", "one", "many", "spellings"}

func read(text string) (units, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return units{}, fmt.Errorf("units.csv: %w", err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return units{}, fmt.Errorf("units.csv: want the columns %v", columns)
	}
	t := units{byKey: map[string]int{}, byName: map[string]spelling{}}
	for n, row := range rows[1:] {
		if err := t.add(row); err != nil {
			return units{}, fmt.Errorf("units.csv:%d: %w", n+2, err)
		}
	}
	for name, s := range maps.Clone(t.byName) { // as typed without accents
		if plain := unaccented.Replace(name); plain != name {
			if _, taken := t.byName[plain]; !taken {
				t.byName[plain] = s
			}
		}
	}
	return t, nil
}

var unaccented = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ô", "o", "ö", "o", "ü", "u", "û", "u", "ù", "u", "ñ", "n", "ç", "c", "ß", "ss", "å", "a")

func (t *units) add(row []string) error {
	kind, style := slices.Index(kinds, row[1]), slices.Index(styles, row[2])
	if kind < 0 || style < 0 {
		return fmt.Errorf("kind %q or style %q is unknown", row[1], row[2])
	}
	u := Unit{Key: row[0], Kind: Kind(kind), Style: Style(style), Times: 1, One: row[5], Many: row[6]}
	if err := u.factor(row[3], row[4]); err != nil {
		return err
	}
	i := len(t.units)
	if _, twice := t.byKey[u.Key]; twice {
		return fmt.Errorf("key %q is there twice", u.Key)
	}
	t.units, t.byKey[u.Key] = append(t.units, u), i
	names := strings.Split(row[7], "|")
	if u.Key != "" {
		names = append(names, u.Key)
	}
	for _, name := range names {
		rest, aside := strings.CutPrefix(name, "~")
		if rest == "" || rest != strings.Join(strings.Fields(strings.ToLower(rest)), " ") || strings.Contains(rest, ".") {
			return fmt.Errorf("spelling %q: want lower case, single spaces, no dots", name)
		}
		if _, twice := t.byName[rest]; twice {
			return fmt.Errorf("spelling %q is there twice", rest)
		}
		t.byName[rest] = spelling{i, aside}
	}
	return nil
}

// factor reads how many grams or millilitres one has, or how many pieces.
func (u *Unit) factor(num, den string) error {
	if u.Kind == Count && num == "" && den == "" {
		return nil
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n <= 0 {
		return fmt.Errorf("num %q: want a positive number", num)
	}
	if u.Kind == Count {
		u.Times = n
		return nil
	}
	d, err := strconv.ParseInt(den, 10, 64)
	if err != nil || d <= 0 {
		return fmt.Errorf("den %q: want a positive number", den)
	}
	u.Num, u.Den = n, d
	return nil
}
