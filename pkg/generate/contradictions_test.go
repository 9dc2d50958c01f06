package generate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

// tagged is a problem whose lunches and dinners have the tags in turn.
func tagged(tags ...[]string) generate.Problem {
	p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 6, Dinners: 6, Tolerance: 3000})
	n := 0
	for i := range p.Recipes {
		p.Recipes[i].Tags = nil
		if r := &p.Recipes[i]; !r.Suits(recipe.Breakfast) {
			r.Tags = tags[n%len(tags)]
			n++
		}
	}
	return p
}

func TestContradictions(t *testing.T) {
	t.Parallel()
	mains := []recipe.Meal{recipe.Lunch, recipe.Dinner}
	count := func(name string, least int) generate.Count {
		return generate.Count{Name: name, Tags: []string{name}, Meals: mains, Of: generate.CountSlots, Min: least}
	}
	most := func(c generate.Count, n int) generate.Count {
		c.Max = &n
		return c
	}
	fish, meat, pulses := []string{"fish"}, []string{"meat"}, []string{"pulses"}
	for _, c := range []struct {
		name   string
		p      generate.Problem
		counts []generate.Count
		want   []generate.Contradiction
	}{
		{"more than there are meals", tagged(fish, meat), []generate.Count{count("fish", 5), count("meat", 12)}, []generate.Contradiction{{Counts: []int{0, 1}, Wanted: 17, Possible: 14}}},
		{"just as many", tagged(fish, meat), []generate.Count{count("fish", 4), count("meat", 10)}, nil},
		{"dishes that are both", tagged(fish, []string{"fish", "meat"}), []generate.Count{count("fish", 5), count("meat", 12)}, nil},
		{"none there", tagged(meat), []generate.Count{count("fish", 2), count("meat", 3)}, []generate.Contradiction{{Counts: []int{0}, Wanted: 2}}},
		{"three of them", tagged(fish, meat, pulses), []generate.Count{count("fish", 5), count("meat", 5), count("pulses", 5)}, []generate.Contradiction{{Counts: []int{0, 1, 2}, Wanted: 15, Possible: 14}}},
		{"a kind of what is capped", tagged(pulses, []string{"meat", "red meat"}, []string{"meat"}), []generate.Count{count("red meat", 4), most(count("meat", 0), 2)}, []generate.Contradiction{{Counts: []int{0, 1}, Wanted: 4, Possible: 2, Capped: true}}},
		{"batches that do not part so", tagged(fish, meat, pulses), []generate.Count{count("fish", 5), count("meat", 5), count("pulses", 4)}, []generate.Contradiction{{Counts: []int{0, 1, 2}, Wanted: 14, Possible: 13, Alternating: true}}},
		{"batches larger than what is capped", tagged([]string{"fish", "oily"}, meat), []generate.Count{count("fish", 5), most(count("oily", 0), 5)}, []generate.Contradiction{{Counts: []int{0, 1}, Wanted: 5, Possible: 4, Capped: true, Alternating: true}}},
		{"batches of another count", tagged(fish, meat), []generate.Count{count("fish", 12), most(count("meat", 0), 2)}, nil},
		{"free of what is capped", tagged([]string{"red meat"}, []string{"meat", "red meat"}), []generate.Count{count("red meat", 4), most(count("meat", 0), 2)}, nil},
	} {
		c.p.Counts = c.counts
		got, err := generate.Solve(c.p, generate.Options{})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !slices.EqualFunc(got.Report.Contradictions, c.want, func(a, b generate.Contradiction) bool {
			return slices.Equal(a.Counts, b.Counts) && a.Wanted == b.Wanted && a.Possible == b.Possible && a.Capped == b.Capped && a.Alternating == b.Alternating
		}) {
			t.Errorf("%s: got %+v, want %+v", c.name, got.Report.Contradictions, c.want)
		}
		if len(c.want) > 0 && got.Plan.Objective.CountsMissed == 0 {
			t.Errorf("%s: the week keeps all counts", c.name)
		}
	}
}

// What is called a contradiction is missed by the best week, by as much at least.
func TestContradictionsAreMissed(t *testing.T) {
	t.Parallel()
	seen, batches := 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 11))
		s := small(r)
		s.Lunches, s.Dinners, s.Counts, s.Both, s.Anytime = 3+r.IntN(3), 3+r.IntN(3), 2+r.IntN(3), 0.4, 0.2
		s.Locks, s.Skips, s.TravelDates, s.AvoidTags = r.IntN(4), r.IntN(6), r.IntN(2), r.IntN(2)
		p := problems.New(seed, s)
		got, err := generate.Solve(p, generate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Plan.Status == generate.Infeasible {
			continue
		}
		for _, c := range got.Report.Contradictions {
			seen++
			least := c.Wanted - c.Possible
			if c.Capped && c.Alternating { // a batch more than the Max allows may give many
				least = 1
			}
			if c.Alternating {
				batches++
			}
			if missed := got.Plan.Objective.CountsMissed; missed < least {
				t.Fatalf("seed %d: %+v, and the week misses %d", seed, c, missed)
			}
		}
	}
	if batches < 10 {
		t.Errorf("only %d contradictions by batches were drawn", batches)
	}
	if seen < 20 {
		t.Errorf("only %d contradictions were drawn", seen)
	}
}
