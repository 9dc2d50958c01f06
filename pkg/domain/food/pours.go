package food

import (
	_ "embed" // for the list
	"strings"
	"sync"
)

//go:embed data/pours.txt
var poursFile string

var pours = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for row := range strings.Lines(poursFile) {
		if row = strings.TrimSpace(row); row == "" || row[0] == '#' {
			continue
		}
		name, no := strings.CutPrefix(row, "-")
		out[name] = !no
	}
	return out
})

// Pours reports whether the food is bought by volume: milk, oil, stock. Flour is not, though
// recipes measure it in cups.
func (f Food) Pours() bool {
	if does, ok := pours()[f.Name]; ok {
		return does
	}
	return f.Category == Drinks || f.Category == Oils
}
