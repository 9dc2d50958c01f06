package generate_test

import (
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// bruteForce is a second, independent reading of docs/solve-contract.md: it tries every
// combination of the four alternating recipes, with batch_portions same of their servings too,
// every recipe of a travel slot and every portion, in floating point, and shares the breakfasts
// out by dynamic programming over sets of them and what has been counted. It is for pools of
// at most a dozen breakfasts and 32 recipes.
type bruteForce struct {
	p         generate.Problem
	servings  []float64
	breakfast []int // candidates of free breakfasts, the bits of the set
	memo      map[dayKey]score
}

// score is the objective; cost compares with a tolerance far below the contract's.
type score struct {
	out, missed, repeats, debt int
	cost                       float64
	impossible                 bool
}

var impossible = score{impossible: true}

func (s score) plus(t score) score {
	return score{s.out + t.out, s.missed + t.missed, s.repeats + t.repeats, s.debt + t.debt, s.cost + t.cost, s.impossible || t.impossible}
}

func (s score) better(t score) bool {
	if s.impossible || t.impossible {
		return !s.impossible
	}
	for _, d := range []int{s.out - t.out, s.missed - t.missed, s.repeats - t.repeats, s.debt - t.debt} {
		if d != 0 {
			return d < 0
		}
	}
	return s.cost < t.cost-1e-11
}

const (
	none  = -1 // a recipe index that stands for nothing, and any servings
	never = -2 // a recipe index that no slot uses
)

// pot is an alternating recipe, with the place of its servings on the grid where its slots share them.
type pot struct{ recipe, servings int }

func newBruteForce(p generate.Problem) *bruteForce {
	b := &bruteForce{p: p, memo: make(map[dayKey]score)}
	for i := 0; ; i++ {
		s := p.Portions.Min.Float() + float64(i)*p.Portions.Step.Float()
		if s > p.Portions.Max.Float()+1e-9 {
			break
		}
		b.servings = append(b.servings, s)
	}
	for i := range p.Recipes {
		if b.mayBeChosen(i, recipe.Breakfast) && !slices.ContainsFunc(p.Locks, func(l generate.Lock) bool {
			return l.Meal == recipe.Breakfast && l.Recipe == p.Recipes[i].ID
		}) {
			b.breakfast = append(b.breakfast, i)
		}
	}
	return b
}

func (b *bruteForce) mayBeChosen(i int, m recipe.Meal) bool {
	r := b.p.Recipes[i]
	for _, t := range b.p.AvoidTags {
		if slices.Contains(r.Tags, t) {
			return false
		}
	}
	return slices.Contains(r.Meals, m)
}

// fits reports whether rules 5 and 10 let the recipe be chosen on the day.
func (b *bruteForce) fits(i, day int, m recipe.Meal) bool {
	minutes := b.p.Recipes[i].Minutes
	if b.travels(day) && (minutes == 0 || minutes > b.p.QuickMinutes) {
		return false
	}
	for _, l := range b.p.MinutesLimits {
		if !slices.Contains(l.Dates, b.slot(day, m).Date) || !slices.Contains(l.Meals, m) {
			continue
		}
		if minutes > l.Minutes || minutes == 0 && b.p.RefuseUnknownMinutes {
			return false
		}
	}
	return true
}

func (b *bruteForce) slot(day int, m recipe.Meal) generate.Slot {
	return generate.Slot{Date: b.p.WeekOf + generate.Date(day), Meal: m}
}

func (b *bruteForce) skipped(day int, m recipe.Meal) bool {
	return slices.Contains(b.p.Skips, b.slot(day, m))
}

func (b *bruteForce) lock(day int, m recipe.Meal) (index int, servings float64, ok bool) {
	for _, l := range b.p.Locks {
		if l.Slot == b.slot(day, m) {
			return slices.IndexFunc(b.p.Recipes, func(r generate.Recipe) bool { return r.ID == l.Recipe }), l.Servings.Float(), true
		}
	}
	return none, 0, false
}

func (b *bruteForce) travels(day int) bool {
	return slices.Contains(b.p.TravelDates, b.p.WeekOf+generate.Date(day))
}

// alternates reports whether rule 7 governs the slot.
func (b *bruteForce) alternates(day int, m recipe.Meal) bool {
	_, _, locked := b.lock(day, m)
	return m != recipe.Breakfast && !locked && !b.skipped(day, m) && !b.travels(day)
}

// pots lists what may alternate at the meal on the days first, first+2, ...
func (b *bruteForce) pots(first int, m recipe.Meal) (out []pot) {
	var days []int
	for day := first; day < 7; day += 2 {
		if b.alternates(day, m) {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return []pot{{never, none}}
	}
	for r := range b.p.Recipes {
		if !b.mayBeChosen(r, m) || slices.ContainsFunc(days, func(day int) bool { return !b.fits(r, day, m) }) {
			continue
		}
		if !b.p.SamePortions {
			out = append(out, pot{r, none})
			continue
		}
		for s := range b.servings {
			out = append(out, pot{r, s})
		}
	}
	return out
}

func (b *bruteForce) solve() score {
	best := impossible
	for _, la := range b.pots(0, recipe.Lunch) {
		for _, da := range b.pots(0, recipe.Dinner) {
			for _, lb := range b.pots(1, recipe.Lunch) {
				for _, db := range b.pots(1, recipe.Dinner) {
					if distinct(la.recipe, da.recipe, lb.recipe, db.recipe) {
						if s := b.week([2][2]pot{{la, da}, {lb, db}}, best); s.better(best) {
							best = s
						}
					}
				}
			}
		}
	}
	return best
}

func distinct(list ...int) bool {
	for i, x := range list {
		if x >= 0 && slices.Contains(list[:i], x) {
			return false
		}
	}
	return true
}

// menu is one way to fill a day: the recipes of its slots.
type menu struct {
	recipes [3]int
	score   score
}

// menus lists the ways to fill a day, each with its best portions.
func (b *bruteForce) menus(day int, pots [2]pot) (out []menu) {
	for _, x := range b.dishes(day, recipe.Breakfast, pot{none, none}) {
		for _, y := range b.dishes(day, recipe.Lunch, pots[0]) {
			for _, z := range b.dishes(day, recipe.Dinner, pots[1]) {
				if s := b.day(day, [3]dish{x, y, z}); !s.impossible {
					out = append(out, menu{[3]int{x.recipe, y.recipe, z.recipe}, s})
				}
			}
		}
	}
	return out
}

// counted is what a count has seen so far: slots, or the bits of recipes.
type counted struct {
	set   int // the free breakfasts used
	slots [4]int
	seen  [4]uint32
}

// week finds the best breakfasts and travel dishes for given alternating recipes: table[c] is
// the best score of the days so far that leads to c. A week whose days are not better than
// the best even when each chooses for itself is left out.
func (b *bruteForce) week(pots [2][2]pot, best score) score {
	var menus [7][]menu
	alone := score{}
	for day := range menus {
		menus[day] = b.menus(day, pots[day%2])
		least := impossible
		for _, m := range menus[day] {
			if m.score.better(least) {
				least = m.score
			}
		}
		alone = alone.plus(least)
	}
	if !alone.better(best) {
		return impossible
	}
	table := map[counted]score{{}: {}}
	for day := range menus {
		next := make(map[counted]score)
		for c, s := range table {
			for _, m := range menus[day] {
				if to, ok := b.serve(c, day, m); ok {
					if old, ok := next[to]; !ok || s.plus(m.score).better(old) {
						next[to] = s.plus(m.score)
					}
				}
			}
		}
		table = next
	}
	best = impossible
	for c, s := range table {
		if s.missed = b.missed(c); s.better(best) {
			best = s
		}
	}
	return best
}

// serve adds a day's menu to what has been counted, unless it repeats a breakfast.
func (b *bruteForce) serve(c counted, day int, m menu) (counted, bool) {
	if _, _, locked := b.lock(day, recipe.Breakfast); !locked && !b.skipped(day, recipe.Breakfast) {
		bit := 1 << slices.Index(b.breakfast, m.recipes[0])
		if c.set&bit != 0 {
			return c, false
		}
		c.set |= bit
	}
	for i, count := range b.p.Counts {
		for meal, r := range m.recipes {
			if r < 0 || !slices.Contains(count.Meals, recipe.Meal(meal)) {
				continue
			}
			for _, t := range count.Tags {
				if slices.Contains(b.p.Recipes[r].Tags, t) {
					c.slots[i]++
					c.seen[i] |= 1 << r
					break
				}
			}
		}
		if count.Of == generate.CountRecipes {
			c.slots[i] = 0
		} else {
			c.seen[i] = 0
		}
	}
	return c, true
}

func (b *bruteForce) missed(c counted) (missed int) {
	for i, count := range b.p.Counts {
		n := c.slots[i]
		for seen := c.seen[i]; seen != 0; seen &= seen - 1 {
			n++
		}
		if n < count.Min {
			missed += count.Min - n
		}
		if count.Max != nil && n > *count.Max {
			missed += n - *count.Max
		}
	}
	return missed
}

// dish is one way to fill a slot; place is that of its servings on the grid if they are shared.
type dish struct {
	recipe   int
	chosen   bool
	servings []float64
	free     bool
	place    int
}

func (b *bruteForce) dishes(day int, m recipe.Meal, given pot) (out []dish) {
	if b.skipped(day, m) {
		return []dish{{recipe: none, servings: []float64{0}, place: none}}
	}
	if r, s, ok := b.lock(day, m); ok {
		if s > 0 {
			return []dish{{recipe: r, servings: []float64{s}, place: none}}
		}
		return []dish{{recipe: r, servings: b.servings, free: true, place: none}}
	}
	switch {
	case m == recipe.Breakfast:
		for _, r := range b.breakfast {
			if b.fits(r, day, m) {
				out = append(out, dish{r, true, b.servings, true, none})
			}
		}
	case b.travels(day):
		for r := range b.p.Recipes {
			if b.mayBeChosen(r, m) && b.fits(r, day, m) {
				out = append(out, dish{r, true, b.servings, true, none})
			}
		}
	case given.servings != none:
		return []dish{{given.recipe, true, b.servings[given.servings : given.servings+1], true, given.servings}}
	default:
		return []dish{{given.recipe, true, b.servings, true, none}}
	}
	return out
}

// dayKey names a day with the recipes of its slots and the places of shared servings.
type dayKey struct {
	day             int
	recipes, places [3]int
}

func (b *bruteForce) day(day int, dishes [3]dish) score {
	key := dayKey{day: day}
	for m, d := range dishes {
		key.recipes[m], key.places[m] = d.recipe, d.place
	}
	s, ok := b.memo[key]
	if !ok {
		s = b.portions(day, dishes)
		b.memo[key] = s
	}
	return s
}

// debt is the rotation debt of serving the recipe.
func (b *bruteForce) debt(r generate.Recipe, day, meal int) int {
	last := r.LastUsed[meal]
	if b.p.RotateByRecipe {
		for _, d := range r.LastUsed {
			if d > last {
				last = d
			}
		}
	}
	since := int(b.p.WeekOf) + day - int(last)
	if last == 0 || since < 0 || since > b.p.RotationDays {
		return 0
	}
	return b.p.RotationDays - since
}

func (b *bruteForce) portions(day int, dishes [3]dish) score {
	slots := 0
	fixed := score{}
	for m, d := range dishes {
		if d.recipe < 0 {
			continue
		}
		slots++
		for _, e := range dishes[:m] {
			if e.recipe == d.recipe && (e.chosen || d.chosen) {
				return impossible
			}
		}
		if d.chosen {
			r := b.p.Recipes[d.recipe]
			if slices.Contains(b.p.AvoidRepeats, r.ID) {
				fixed.repeats++
			}
			fixed.debt += b.debt(r, day, m)
		}
	}
	if slots == 0 {
		return fixed
	}
	target := [3]float64{b.p.Target.Protein.Grams(), b.p.Target.Fat.Grams(), b.p.Target.Carbs.Grams()}
	per := [3][3]float64{}
	for m, d := range dishes {
		if d.recipe >= 0 {
			n := b.p.Recipes[d.recipe].PerServing
			per[m] = [3]float64{n.Protein.Grams(), n.Fat.Grams(), n.Carbs.Grams()}
		}
	}
	tolerance := float64(b.p.Tolerance)/10000 + 1e-9
	weight := float64(b.p.PortionWeight) / 10000
	best := impossible
	for _, s := range dishes[0].servings {
		for _, t := range dishes[1].servings {
			for _, u := range dishes[2].servings {
				got := score{}
				for i := range target {
					want := target[i] * float64(slots) / 3
					off := math.Abs(s*per[0][i]+t*per[1][i]+u*per[2][i]-want) / want
					got.cost += off
					if off > tolerance+1e-13 {
						got.out = 1
					}
				}
				for m, v := range []float64{s, t, u} {
					if dishes[m].free {
						got.cost += weight * math.Abs(v-1)
					}
				}
				if got.better(best) {
					best = got
				}
			}
		}
	}
	return best.plus(fixed)
}
