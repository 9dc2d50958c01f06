package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// place is the Tandoor that is shared, a stand-in or a real one. Requests that it serves are
// not subject to faults.
type place interface {
	http.Handler
	SwitchSpace(name string, l tandoortest.Library) error
	revoke(*testing.T) // ends the planner's token
	renew(*testing.T)  // gives the planner one
}

type standIn struct {
	*tandoortest.Server
	token string
}

func (p standIn) revoke(*testing.T) { p.Revoke(p.token) }

func (p standIn) renew(*testing.T) { p.SetToken(p.token, tandoortest.Token{Scope: "read write"}) }

// shared is one Tandoor that the planner and a person use, and what the person may expect.
type shared struct {
	*postOffice
	t      *testing.T
	random *rand.Rand
	place  place
	token  string // the person's

	mine map[string]string // the person's things by path, as they must stay; "" = gone
	// took is the meal that the person took over in each slot, got what they bought, changed
	// or deleted of each food; loose are slots and foods of which that is not certain: an
	// answer was lost, or the plan changed meanwhile.
	took  map[string]string
	got   map[string]recipe.Amount
	loose map[string]bool
}

const personToken = "tda_person"

// do is a request of the person's browser, which no fault concerns.
func (s *shared) do(method, path, body string) (out map[string]any) {
	s.t.Helper()
	req := httptest.NewRequestWithContext(s.t.Context(), method, "http://tandoor"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	s.place.ServeHTTP(rec, req)
	if rec.Code == http.StatusNoContent || rec.Code == http.StatusNotFound {
		return nil
	}
	if rec.Code >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	must(s.t, json.Unmarshal(rec.Body.Bytes(), &out))
	return out
}

func (s *shared) list(path string) (out []map[string]any) {
	s.t.Helper()
	for page := 1; ; page++ {
		body := s.do("GET", fmt.Sprintf("%s&page_size=200&page=%d", path, page), "")
		for _, row := range body["results"].([]any) {
			out = append(out, row.(map[string]any))
		}
		if body["next"] == nil {
			return out
		}
	}
}

func (s *shared) meals() []map[string]any {
	return s.list("/api/meal-plan/?" + window())
}

// window is for all the days that the person looks at.
func window() string { return fmt.Sprintf("from_date=%s&to_date=%s", week-300, week+400) }

func (s *shared) lines() []map[string]any { return s.list("/api/shopping-list-entry/?") }

func id(row map[string]any) int64 { return int64(row["id"].(float64)) }

func mealPath(row map[string]any) string { return fmt.Sprintf("/api/meal-plan/%d/", id(row)) }

func linePath(row map[string]any) string {
	return fmt.Sprintf("/api/shopping-list-entry/%d/", id(row))
}

// sight is what a person sees of a meal or line.
func sight(row map[string]any) string {
	if row == nil {
		return ""
	}
	keep := map[string]any{}
	for _, k := range []string{"title", "note", "servings", "from_date", "to_date", "recipe_name", "meal_type_name", "amount", "checked", "list_recipe"} {
		if v, ok := row[k]; ok {
			keep[k] = v
		}
	}
	for _, k := range []string{"food", "unit"} {
		if v, ok := row[k].(map[string]any); ok {
			keep[k] = v["name"]
		}
	}
	b, _ := json.Marshal(keep)
	return string(b)
}

// day is what a meal shows where: "2026-12-01 2 17 1.5" for date, type, recipe, servings.
func showing(row map[string]any) (slot, dish string) {
	r, _ := row["recipe"].(map[string]any)
	return fmt.Sprint(row["from_date"].(string)[:10], " ", row["meal_type"].(map[string]any)["id"]), fmt.Sprint(r["id"], " ", row["servings"])
}

func key(food int64, unit string) string { return fmt.Sprint(food, " ", strings.ToLower(unit)) }

func lineKey(row map[string]any) string {
	unit := ""
	if u, ok := row["unit"].(map[string]any); ok {
		unit, _ = u["name"].(string)
	}
	return key(id(row["food"].(map[string]any)), unit)
}

// ours returns the state of the planner's row of an entry, "" when it has none.
func (s *shared) ours(kind string, row map[string]any) (state string) {
	_ = s.pool.QueryRow(s.t.Context(), "select state from written_back where kind = $1 and remote_id = $2", kind, id(row)).Scan(&state)
	return state
}

// untouched fails when something of the person's is not as they left it.
func (s *shared) untouched(after string) {
	s.t.Helper()
	shown := map[string]string{}
	for _, row := range s.meals() {
		shown[mealPath(row)] = sight(row)
	}
	for _, row := range s.lines() {
		shown[linePath(row)] = sight(row)
	}
	for path, want := range s.mine {
		got := shown[path]
		if got == "" && want != "" { // lists leave out what was ticked long ago
			got = sight(s.do("GET", path, ""))
		}
		if got != want {
			s.t.Fatalf("after %s: %s was\n%s\nand is\n%s", after, path, want, got)
		}
	}
}

// wanted is what the planner wants to show: dish by slot, amount by food.
func (s *shared) wanted() (meals map[string]string, lines map[string]recipe.Amount) {
	s.t.Helper()
	var p publish.Due
	must(s.t, s.pool.QueryRow(s.t.Context(), "select p.id, p.user_id, u.connection_id from plans p join users u on u.id = p.user_id").Scan(&p.ID, &p.User, &p.Connection))
	p.Week = week
	plan, err := s.Wanted(s.t.Context(), p)
	must(s.t, err)
	types, err := postgres.NewWriteBook(s.pool2()).MealTypes(s.t.Context(), p.Connection)
	must(s.t, err)
	meals, lines = map[string]string{}, map[string]recipe.Amount{}
	for _, m := range plan.Meals {
		meals[fmt.Sprint(m.Date, " ", types[m.Meal])] = fmt.Sprint(int64(m.Recipe), " ", m.Servings.Float())
	}
	for _, n := range plan.Needs {
		if n.FoodID == 0 { // made by the first line that named it
			for _, row := range s.lines() {
				if f := row["food"].(map[string]any); strings.EqualFold(f["name"].(string), n.Food) {
					n.FoodID = id(f)
				}
			}
		}
		lines[key(n.FoodID, n.Unit)] += n.Amount
	}
	return meals, lines
}

func (s *shared) pool2() *postgres.Pool { return postgres.NewPool(s.pool) }

// A planner and a person on one Tandoor, in any order, with lost answers, a token that ends
// and a space that is switched: what the person did stays, and what the planner shows is
// the plan.
func TestAPlannerAndAPersonShareATandoor(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	p.box.Tandoor.SetToken(personToken, tandoortest.Token{Scope: "read write"})
	share(t, p, standIn{p.box.Tandoor, p.box.TandoorToken}, personToken)
}

// share has the planner and a person do 300 things.
func share(t *testing.T, p *postOffice, at place, personsToken string) {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("SEED=%d", seed)
	s := &shared{
		postOffice: p, t: t, random: rand.New(rand.NewPCG(seed, 2)), place: at, token: personsToken,
		mine: map[string]string{}, took: map[string]string{}, got: map[string]recipe.Amount{}, loose: map[string]bool{},
	}
	conn, err := s.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	conn.WriteBack = true
	must(t, s.Users.PutConnection(t.Context(), conn))
	s.mustGenerate(t, lewis)
	must(t, s.write())
	home := s.do("GET", "/api/space/current/", "")["name"].(string)
	revoked, away := false, false
	count := map[string]int{}
	for n := range 300 {
		what := "nothing"
		switch p := s.random.IntN(20); {
		case p < 4:
			what = s.replan(n)
		case p < 7:
			what = "write"
			write := s.write
			switch s.random.IntN(4) {
			case 0, 1:
				what = s.fail()
			case 2:
				what, write = s.kill()
			}
			err := write()
			s.box.Faults.Reset()
			count[s.judge(err, revoked, away)]++
		case p == 7 || revoked && p > 14:
			if revoked = !revoked; revoked {
				s.place.revoke(t)
			} else {
				s.place.renew(t)
			}
			what = fmt.Sprint("revoked ", revoked)
		case p == 8 || away && p > 12:
			name := home
			if away = !away; away {
				name = "Work"
			}
			must(t, s.place.SwitchSpace(name, tandoortest.Small()))
			what = "space " + name
		case !away:
			what = s.meddle()
			count["meddled"]++
		}
		if !away {
			s.untouched(fmt.Sprintf("step %d (%s)", n, what))
		}
	}
	if revoked {
		s.place.renew(t)
	}
	must(t, s.place.SwitchSpace(home, tandoortest.Library{}))
	for deadline := time.Now().Add(time.Minute); ; { // the circuit breaker may be open
		if err = s.write(); err == nil || time.Now().After(deadline) {
			break
		}
	}
	must(t, err)
	s.untouched("the last write-back")
	s.right()
	t.Logf("%v, %d things of the person's, %d slots and foods taken, %d uncertain", count, len(s.mine), len(s.took)+len(s.got), len(s.loose))
	if count["written"] < 10 || count["meddled"] < 50 {
		t.Errorf("too little happened: %v", count)
	}
}

// judge names how a write-back ended, and refuses one that must not have ended so.
func (s *shared) judge(err error, revoked, away bool) string {
	s.t.Helper()
	switch {
	case away && len(s.meals())+len(s.lines()) > 0, away && !revoked && err == nil:
		s.t.Fatal("wrote to another space")
	case errors.Is(err, context.Canceled):
		return "killed"
	case revoked && fault.KindOf(err) != fault.Unauthorized && fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.NetworkError:
		s.t.Fatalf("token revoked: %v", err)
	case err == nil:
		return "written"
	}
	return "failed"
}

// right fails when Tandoor does not show the plan and nothing else of the planner's.
func (s *shared) right() {
	meals, lines := s.wanted()
	shown := map[string]int{}
	for _, row := range s.meals() {
		slot, dish := showing(row)
		if s.mine[mealPath(row)] != "" {
			continue
		}
		if meals[slot] != dish || row["note"] != "" {
			s.t.Errorf("meal %d in slot %s shows %s; the plan wants %s", id(row), slot, dish, meals[slot])
		}
		shown[slot]++
	}
	for _, slot := range slices.Sorted(maps.Keys(meals)) {
		want := 1
		if s.took[slot] == meals[slot] {
			want = 0
		}
		if shown[slot] != want && (!s.loose[slot] || shown[slot] > 1) {
			s.t.Errorf("slot %s (%s) is shown %d times; want %d", slot, meals[slot], shown[slot], want)
		}
	}
	open := map[string][]recipe.Amount{}
	for _, row := range s.lines() {
		if s.mine[linePath(row)] == "" {
			open[lineKey(row)] = append(open[lineKey(row)], recipe.Amount(row["amount"].(float64)*float64(recipe.One)+0.5))
		}
	}
	for k, amounts := range open {
		if len(amounts) > 1 || lines[k] == 0 {
			s.t.Errorf("food %s: lines of %v; the plan needs %v", k, amounts, lines[k])
		}
	}
	for k, need := range lines {
		rest := need - s.got[k]
		if s.loose[k] {
			continue
		}
		if rest > 0 && (len(open[k]) != 1 || open[k][0] != rest) || rest <= 0 && len(open[k]) > 0 {
			s.t.Errorf("food %s: lines of %v; want %v, of a need of %v with %v in the person's hands", k, open[k], rest, need, s.got[k])
		}
	}
}
