package generate_test

import (
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// bruteForce is a second, independent reading of docs/solve-contract.md: it tries every
// combination of the four alternating recipes, every recipe of a travel slot and every
// portion, in floating point, and shares the breakfasts out by dynamic programming over
// sets of them. It is for pools of at most a dozen breakfasts.
type bruteForce struct {
	p         generate.Problem
	servings  []float64
	breakfast []int // candidates of free breakfasts, the bits of the set
	memo      map[[4]int]score
}

// score is the objective; cost compares with a tolerance far below the contract's.
type score struct {
	out, repeats, debt int
	cost               float64
	impossible         bool
}

var impossible = score{impossible: true}

func (s score) plus(t score) score {
	return score{s.out + t.out, s.repeats + t.repeats, s.debt + t.debt, s.cost + t.cost, s.impossible || t.impossible}
}

func (s score) better(t score) bool {
	if s.impossible || t.impossible {
		return !s.impossible
	}
	for _, d := range []int{s.out - t.out, s.repeats - t.repeats, s.debt - t.debt} {
		if d != 0 {
			return d < 0
		}
	}
	return s.cost < t.cost-1e-11
}

const (
	none  = -1 // a recipe index that stands for nothing
	never = -2 // and one that no slot uses
)

func newBruteForce(p generate.Problem) *bruteForce {
	b := &bruteForce{p: p, memo: make(map[[4]int]score)}
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

func (b *bruteForce) isQuick(i int) bool {
	return b.p.Recipes[i].Minutes > 0 && b.p.Recipes[i].Minutes <= b.p.QuickMinutes
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

func (b *bruteForce) solve() score {
	lists := make([][]int, 4) // lunch A, dinner A, lunch B, dinner B
	for i := range lists {
		meal := []recipe.Meal{recipe.Lunch, recipe.Dinner}[i%2]
		used := false
		for day := i / 2; day < 7; day += 2 {
			used = used || b.alternates(day, meal)
		}
		if !used {
			lists[i] = []int{never}
			continue
		}
		for r := range b.p.Recipes {
			if b.mayBeChosen(r, meal) {
				lists[i] = append(lists[i], r)
			}
		}
	}
	best := impossible
	for _, la := range lists[0] {
		for _, da := range lists[1] {
			for _, lb := range lists[2] {
				for _, db := range lists[3] {
					if distinct(la, da, lb, db) {
						if s := b.week([2][2]int{{la, da}, {lb, db}}); s.better(best) {
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

// week finds the best breakfasts for given alternating recipes: table[set] is the best
// score of the days so far that uses exactly this set.
func (b *bruteForce) week(pairs [2][2]int) score {
	table := map[int]score{0: {}}
	for day := range 7 {
		next := make(map[int]score)
		put := func(set int, s score) {
			if s.impossible {
				return
			}
			if old, ok := next[set]; !ok || s.better(old) {
				next[set] = s
			}
		}
		lunch, dinner := pairs[day%2][0], pairs[day%2][1]
		locked, _, isLocked := b.lock(day, recipe.Breakfast)
		for set, s := range table {
			switch {
			case b.skipped(day, recipe.Breakfast):
				put(set, s.plus(b.day(day, none, lunch, dinner)))
			case isLocked:
				put(set, s.plus(b.day(day, locked, lunch, dinner)))
			default:
				for bit, r := range b.breakfast {
					if set&(1<<bit) == 0 && (!b.travels(day) || b.isQuick(r)) {
						put(set|1<<bit, s.plus(b.day(day, r, lunch, dinner)))
					}
				}
			}
		}
		table = next
	}
	best := impossible
	for _, s := range table {
		if s.better(best) {
			best = s
		}
	}
	return best
}

// dish is one way to fill a slot.
type dish struct {
	recipe   int
	chosen   bool
	servings []float64
	free     bool
}

func (b *bruteForce) dishes(day int, m recipe.Meal, given int) []dish {
	if b.skipped(day, m) {
		return []dish{{recipe: none, servings: []float64{0}}}
	}
	if r, s, ok := b.lock(day, m); ok {
		if s > 0 {
			return []dish{{recipe: r, servings: []float64{s}}}
		}
		return []dish{{recipe: r, servings: b.servings, free: true}}
	}
	if b.travels(day) && m != recipe.Breakfast {
		var out []dish
		for r := range b.p.Recipes {
			if b.mayBeChosen(r, m) && b.isQuick(r) {
				out = append(out, dish{r, true, b.servings, true})
			}
		}
		return out
	}
	return []dish{{given, true, b.servings, true}}
}

func (b *bruteForce) day(day, breakfast, lunch, dinner int) score {
	key := [4]int{day, breakfast, lunch, dinner}
	if s, ok := b.memo[key]; ok {
		return s
	}
	best := impossible
	for _, x := range b.dishes(day, recipe.Breakfast, breakfast) {
		for _, y := range b.dishes(day, recipe.Lunch, lunch) {
			for _, z := range b.dishes(day, recipe.Dinner, dinner) {
				if s := b.portions(day, [3]dish{x, y, z}); s.better(best) {
					best = s
				}
			}
		}
	}
	b.memo[key] = best
	return best
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
			if last := r.LastUsed[m]; last != 0 {
				if since := int(b.p.WeekOf) + day - int(last); since >= 0 {
					fixed.debt += max(0, b.p.RotationDays-since)
				}
			}
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
