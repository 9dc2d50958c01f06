package food

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the table
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

//go:embed data/usda-sr27-per-100g.csv.gz
var usdaFile []byte

// usdaRow is one line of the USDA's table.
type usdaRow struct {
	description string
	energy      nutrition.Energy
	macros      nutrition.Macros
	complete    bool // energy and all macros are stated
	portions    []portion
}

// portion is a household measure and its weight.
type portion struct {
	text string
	mass nutrition.Mass
}

var usda = sync.OnceValue(func() map[int64]usdaRow {
	t, err := readUSDA()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return t
})

// The columns that are used.
const (
	colNDB = iota
	colDescription
	colKcal
	colProtein
	colFat
	colCarbs
	_ // fibre
	_ // sodium
	colPortion1Grams
	colPortion1
	colPortion2Grams
	colPortion2
	usdaColumns
)

func readUSDA() (map[int64]usdaRow, error) {
	z, err := gzip.NewReader(bytes.NewReader(usdaFile))
	if err != nil {
		return nil, fmt.Errorf("usda table: %w", err)
	}
	r := csv.NewReader(z)
	r.FieldsPerRecord, r.ReuseRecord = usdaColumns, true
	if _, err := r.Read(); err != nil {
		return nil, fmt.Errorf("usda table: header: %w", err)
	}
	out := make(map[int64]usdaRow, 9000)
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("usda table: %w", err)
		}
		ndb, err := strconv.ParseInt(rec[colNDB], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("usda table: number: %w", err)
		}
		row, err := parseUSDA(rec)
		if err != nil {
			return nil, fmt.Errorf("usda table: food %s: %w", rec[colNDB], err)
		}
		out[ndb] = row
	}
}

func parseUSDA(rec []string) (usdaRow, error) {
	row := usdaRow{description: rec[colDescription], complete: true}
	var kcal nutrition.Mass // the same four decimals
	for _, c := range []struct {
		col int
		dst *nutrition.Mass
	}{{colKcal, &kcal}, {colProtein, &row.macros.Protein}, {colFat, &row.macros.Fat}, {colCarbs, &row.macros.Carbs}} {
		if rec[c.col] == "" {
			row.complete = false
			continue
		}
		m, err := parseMass(rec[c.col])
		if err != nil {
			return row, err
		}
		*c.dst = m
	}
	row.energy = nutrition.Energy(kcal)
	for _, p := range [...][2]int{{colPortion1Grams, colPortion1}, {colPortion2Grams, colPortion2}} {
		if rec[p[0]] == "" || rec[p[1]] == "" {
			continue
		}
		m, err := parseMass(rec[p[0]])
		if err != nil {
			return row, err
		}
		row.portions = append(row.portions, portion{rec[p[1]], m})
	}
	return row, nil
}

func parseMass(s string) (nutrition.Mass, error) {
	g, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, err
	}
	return nutrition.FromGrams(g)
}

// usdaFood makes a food of a line of the USDA's table, with what its household measures
// say about weights. Incomplete lines are no foods: a missing figure is not zero.
func usdaFood(ndb int64) (Food, bool) {
	row, ok := usda()[ndb]
	if !ok || !row.complete {
		return Food{}, false
	}
	f := Food{NDB: ndb, Description: row.description, Per100g: row.macros, Energy: row.energy}
	for _, p := range row.portions {
		f = f.measured(p)
	}
	return f, true
}
