package food

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// measured adds what a household measure of the USDA's table says: "1 cup, chopped"
// gives a density, "1 medium" and "1 slice" give pieces. Measures of more or less than
// one, and words nobody writes in a recipe, are left alone. What is known already stays.
func (f Food) measured(p portion) Food {
	rest, ok := strings.CutPrefix(strings.ToLower(p.text), "1 ")
	if !ok || p.mass <= 0 {
		return f
	}
	word := rest
	if i := strings.IndexAny(rest, " ,("); i >= 0 {
		word = rest[:i]
	}
	if base, ok := namedUnit(word); ok {
		if v, volume := volumeOfOne(base); volume && f.Density == 0 {
			f.Density = nutrition.Mass(mulDiv(int64(p.mass), picolitresPerMl, v))
		}
		return f
	}
	if word == "medium" {
		f.Pieces = withPiece(f.Pieces, "", p.mass)
	}
	if slices.Contains([]string{"small", "medium", "large", "slice", "clove", "stalk", "fillet", "leaf", "head", "ear", "sheet", "bun", "roll", "can"}, word) {
		f.Pieces = withPiece(f.Pieces, word, p.mass)
	}
	return f
}

func withPiece(pieces []Piece, unit string, m nutrition.Mass) []Piece {
	if slices.ContainsFunc(pieces, func(p Piece) bool { return p.Unit == unit }) {
		return pieces
	}
	return append(slices.Clip(pieces), Piece{unit, m})
}
