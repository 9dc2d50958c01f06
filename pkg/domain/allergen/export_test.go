package allergen

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
)

// Stems returns, sorted, the names as they are written in the tables, without the forms
// derived from them.
func Stems() []string {
	var out []string
	for _, f := range food.All() {
		out = append(append(out, f.Name), f.Aliases...)
	}
	for _, file := range []string{carriersFile, genericFile} {
		_, rows, _ := strings.Cut(file, "\n")
		for line := range strings.Lines(rows) {
			cols := strings.Split(strings.TrimSpace(line), ",")
			out = append(append(out, cols[0]), split(cols[1])...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
