// Command library measures how much of a collection of recipes the tables understand.
//
//	go run ./test/cmd/library [-unknown N] [-refused N] [-contradictions] FILE...
//	go run ./test/cmd/library -weeks N [-person P] FILE...
//
// A file has one recipe a line: {"name", "servings", "minutes", "keywords", "steps", "lines":
// [{"amount", "unit", "food", "note"}], "stated": {"kcal", "protein_g", "fat_g", "carbs_g", "serving"}}, as an
// import leaves them in a library; "stated", per serving, is optional, and so are its last three; without servings four are taken, or as many more as make one that
// somebody could eat. With -weeks it plans weeks for people who are hard to feed, and prints
// them for a cook to judge. docs/foods.md says what was measured.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

type dish struct {
	Name     string   `json:"name"`
	Servings float64  `json:"servings"`
	Minutes  int      `json:"minutes"`
	Keywords []string `json:"keywords"`
	Steps    []string `json:"steps"`
	Lines    []struct {
		Amount *float64 `json:"amount"`
		Unit   string   `json:"unit"`
		Food   string   `json:"food"`
		Note   string   `json:"note"`
	} `json:"lines"`
	Stated *stated `json:"stated"`
}

func (d dish) recipe() recipe.Recipe {
	const usual = 4 // servings, where a collection states none
	r := recipe.Recipe{Name: d.Name, Servings: usual}
	if d.Servings >= 1 {
		r.Servings = int(d.Servings)
	}
	for _, l := range d.Lines {
		i := recipe.Ingredient{Food: recipe.Food{Name: l.Food}, Unit: recipe.Unit{Name: l.Unit}, Note: l.Note, NoAmount: true}
		if l.Amount != nil && *l.Amount > 0 {
			i.NoAmount, i.Amount = false, recipe.Amount(math.Round(*l.Amount*float64(recipe.One)))
		}
		r.Ingredients = append(r.Ingredients, i)
	}
	return r
}

// tally is what a file comes to.
type tally struct {
	recipes, lines        int
	matched, known        int // lines
	classified, estimated int // recipes
	kcal, protein, bias   []float64
	borne                 []float64 // of kcal those whose stated figures the recipe bears out
	worst, impossible     int       // off by more than a quarter, and of them those it does not
	incomparable          int       // beside stated figures
	against               []against
	unknown, refused      map[string]int
	without, left         map[string]int // recipes without an allergen, and those that somebody with the allergy can have
}

func main() {
	log.SetFlags(0)
	unknown := flag.Int("unknown", 0, "list the most frequent unknown words")
	refused := flag.Int("refused", 0, "list the most frequent reasons for which recipes get no estimate")
	var t trial
	flag.IntVar(&t.weeks, "weeks", 0, "plan so many weeks for people who are hard to feed, and print them")
	flag.IntVar(&t.draw, "draw", 500, "recipes of all files that a week is planned from, others for each week")
	flag.StringVar(&t.person, "person", "", "plan for this person only")
	flag.BoolVar(&t.foods, "foods", false, "print the ingredients of the dishes")
	contradictions := flag.Bool("contradictions", false, "print how many stated figures contradict the recipe they stand with, and how far the others are off")
	worst := flag.Float64("worst", 0, "list recipes whose estimate is off by more than this share")
	flag.Parse()
	if t.weeks > 0 {
		if err := t.files(flag.Args()); err != nil {
			log.Fatal(err)
		}
		return
	}
	for _, name := range flag.Args() {
		t, err := read(name, *worst)
		if err != nil {
			log.Fatal(err)
		}
		t.print(name, *unknown, *refused)
		if *contradictions {
			t.contradicted()
		}
	}
}

func read(name string, worst float64) (tally, error) {
	t := tally{unknown: map[string]int{}, refused: map[string]int{}, without: map[string]int{}, left: map[string]int{}}
	pool := allergen.NewPool(nil)
	err := each(name, func(d dish) { t.add(pool, d, worst) })
	return t, err
}

// each reads the recipes of a file.
func each(name string, do func(dish)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	const longest = 4 << 20
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var d dish
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		do(d)
	}
	return lines.Err()
}

const most = 64 // servings

func (t *tally) add(pool *allergen.Pool, d dish, worst float64) {
	r := d.recipe()
	t.recipes++
	whole := len(r.Ingredients) > 0
	for _, i := range r.Ingredients {
		t.lines++
		if food.Resolve(i).Food.Known() {
			t.matched++
		}
		_, unknown := pool.Line(i)
		if len(unknown) == 0 {
			t.known++
		}
		whole = whole && len(unknown) == 0
		for _, w := range unknown {
			t.unknown[w]++
		}
	}
	if whole {
		t.classified++
	}
	contains, unknown := pool.Of(r)
	for i, name := range allergen.Names() {
		if contains&(1<<i) == 0 {
			t.without[name]++
			if len(unknown) == 0 {
				t.left[name]++
			}
		}
	}
	est, ok := food.Estimate(r)
	for d.doubles(est, ok, r.Servings) {
		r.Servings *= 2
		est, ok = food.Estimate(r)
	}
	if !ok {
		t.refused[est.Refused.String()]++
	}
	if !ok {
		return
	}
	t.estimated++
	if d.Stated == nil || d.Stated.Kcal <= 0 {
		return
	}
	off := est.PerServing.Energy().Kcal()/d.Stated.Kcal - 1
	if d.Servings < 1 || otherServings(1+off) {
		t.incomparable++
		return
	}
	t.bias = append(t.bias, off)
	t.kcal = append(t.kcal, math.Abs(off))
	exceeded := d.exceeded(r)
	if !exceeded {
		t.borne = append(t.borne, math.Abs(off))
	}
	const quarter = 0.25
	if math.Abs(off) > quarter {
		t.worst++
		if exceeded {
			t.impossible++
		}
	}
	if d.Stated.Protein > 0 {
		t.protein = append(t.protein, math.Abs(est.PerServing.Protein.Grams()/d.Stated.Protein-1))
	}
	t.against = append(t.against, against{math.Abs(off), d.contradiction(r, est)})
	if worst > 0 && math.Abs(off) > worst {
		fmt.Printf("%+4.0f %%  %s: %.0f kcal, stated %.0f\n", 100*off, d.Name, est.PerServing.Energy().Kcal(), d.Stated.Kcal)
	}
}

// doubles reports whether a recipe that states no servings makes more than so many.
func (d dish) doubles(est food.Estimation, ok bool, servings int) bool {
	return !ok && d.Servings < 1 && strings.HasPrefix(est.Refused.String(), "a serving would") && servings < most
}

func (t *tally) print(name string, unknown, refused int) {
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }
	fmt.Printf("%s: %d recipes, %d lines; lines with figures %.1f %%, classified %.1f %%; recipes classified %.1f %%, estimated %.1f %%\n",
		name, t.recipes, t.lines, share(t.matched, t.lines), share(t.known, t.lines), share(t.classified, t.recipes), share(t.estimated, t.recipes))
	if len(t.kcal) > 0 {
		slices.Sort(t.kcal)
		slices.Sort(t.protein)
		slices.Sort(t.bias)
		fmt.Printf("  against stated figures of %d (%d left out, for another or no number of servings): kcal off by %.1f %% in the median (%+.1f %%), %.1f %% at the 90th percentile; protein %.1f %%\n",
			len(t.kcal), t.incomparable, 100*at(t.kcal, 0.5), 100*at(t.bias, 0.5), 100*at(t.kcal, 0.9), 100*at(t.protein, 0.5))
		slices.Sort(t.borne)
		fmt.Printf("  of them %d whose two richest ingredients alone do not exceed what is stated: %.1f %% in the median, %.1f %% at the 90th percentile; of %d off by more than a quarter %d do exceed it\n",
			len(t.borne), 100*at(t.borne, 0.5), 100*at(t.borne, 0.9), t.worst, t.impossible)
	}
	fmt.Print("  of the recipes without an allergen, left for who avoids it:")
	for _, name := range allergen.Names() {
		fmt.Printf(" %s %.0f %%", name, share(t.left[name], t.without[name]))
	}
	fmt.Println()
	list("unknown", t.unknown, unknown)
	list("refused", t.refused, refused)
}

// otherServings reports whether an estimate is about twice, three times, ... what is stated, or
// a half, a third: the figures are for another number of servings than the recipe makes.
func otherServings(ratio float64) bool {
	const within = 0.06
	if ratio < 1 {
		ratio = 1 / ratio
	}
	whole := math.Round(ratio)
	return whole >= 2 && math.Abs(ratio/whole-1) <= within
}

func at(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[int(share*float64(len(sorted)-1))]
}

func list(what string, count map[string]int, n int) {
	words := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	for _, w := range words[:min(n, len(words))] {
		fmt.Printf("  %s %5d  %s\n", what, count[w], w)
	}
}
