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

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
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

// touch records that the person changed a meal that may be the planner's.
func (s *shared) touch(row map[string]any) {
	slot, dish := showing(row)
	switch s.ours("meal", row) {
	case "ours":
		s.took[slot] = dish
	case "theirs":
	default:
		s.loose[slot] = true
	}
}

func pick[T any](s *shared, from []T) (T, bool) {
	var none T
	if len(from) == 0 {
		return none, false
	}
	return from[s.random.IntN(len(from))], true
}

// meddle is a person at work.
func (s *shared) meddle() string {
	if s.random.IntN(2) == 0 {
		return s.meddleMeals()
	}
	return s.meddleLines()
}

func (s *shared) meddleMeals() string {
	row, ok := pick(s, s.meals())
	if !ok {
		return "nothing"
	}
	path, mine := mealPath(row), s.mine[mealPath(row)] != ""
	another := (week + calendar.Date(s.random.IntN(16)-4)).String()
	what := []string{"copy", "drag", "note", "servings", "delete", "add", "list"}[s.random.IntN(7)]
	switch what {
	case "copy": // Ctrl+drag: everything with it, the id included
		made := s.do("POST", "/api/meal-plan/", with(row, map[string]any{"from_date": another, "to_date": another, "addshopping": row["shopping"]}))
		s.mine[mealPath(made)] = sight(made)
		s.keepLines(made)
		return what + " " + mealPath(made)
	case "add":
		made := s.do("POST", "/api/meal-plan/", fmt.Sprintf(`{"recipe":{"id":%v,"name":"any"},"meal_type":%s,"servings":3.25,"from_date":%q,"addshopping":false}`,
			row["recipe"].(map[string]any)["id"], with(row["meal_type"].(map[string]any), nil), another))
		s.mine[mealPath(made)] = sight(made)
		return what + " " + mealPath(made)
	case "list":
		if mine {
			return "nothing"
		}
		slot, _ := showing(row)
		s.loose[slot] = true // it stays, and another one beside it when the plan changes
		line := s.do("POST", "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":"Wine"},"unit":null,"amount":1,"mealplan_id":%d}`, id(row)))
		s.mine[linePath(line)], s.mine[path] = sight(line), sight(row)
		return what + " " + path
	}
	if !mine {
		s.touch(row)
	}
	switch what {
	case "drag": // forward, so that it never comes back to where it was; at the same time of day
		from, err := calendar.Parse(row["from_date"].(string)[:10])
		must(s.t, err)
		moved := (from + 1 + calendar.Date(s.random.IntN(4))).String() + row["from_date"].(string)[10:]
		row = s.do("PUT", path, with(row, map[string]any{"from_date": moved, "to_date": moved}))
	case "note":
		row = s.do("PUT", path, with(row, map[string]any{"note": fmt.Sprintf("bring wine %d", s.random.IntN(100))}))
	case "servings":
		row = s.do("PUT", path, with(row, map[string]any{"servings": row["servings"].(float64) + 7}))
	case "delete":
		if row["shopping"].(bool) {
			return "nothing" // the browser asks before it takes the list along
		}
		row = s.do("DELETE", path, "")
	}
	s.mine[path] = sight(row)
	for line := range s.mine { // Tandoor scales what hangs on a meal
		if strings.HasPrefix(line, "/api/shopping") && s.mine[line] != "" {
			s.mine[line] = sight(s.do("GET", line, ""))
		}
	}
	return what + " " + path
}

// with is a row with changes, as the browser sends it.
func with(row, changes map[string]any) string {
	out := maps.Clone(row)
	maps.Copy(out, changes)
	b, _ := json.Marshal(out)
	return string(b)
}

// keepLines notes the lines that came with a meal of the person's.
func (s *shared) keepLines(meal map[string]any) {
	for _, row := range s.list(fmt.Sprintf("/api/shopping-list-entry/?mealplan=%d", id(meal))) {
		s.mine[linePath(row)] = sight(row)
	}
}

func (s *shared) meddleLines() string {
	row, ok := pick(s, s.lines())
	if !ok {
		return "nothing"
	}
	path := linePath(row)
	state, k := s.ours("line", row), lineKey(row)
	amount := recipe.Amount(row["amount"].(float64)*float64(recipe.One) + 0.5)
	what := []string{"tick", "tick", "edit", "delete", "add"}[s.random.IntN(5)]
	if what == "add" {
		made := s.do("POST", "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":%q},"unit":null,"amount":77}`, row["food"].(map[string]any)["name"]))
		s.mine[linePath(made)] = sight(made)
		return what + " " + linePath(made)
	}
	if s.mine[path] != "" {
		return "nothing"
	}
	if state != "ours" {
		s.loose[k] = true
	}
	switch what {
	case "tick":
		s.do("POST", "/api/shopping-list-entry/bulk/", fmt.Sprintf(`{"ids":[%d],"checked":true}`, id(row)))
		row = s.do("GET", path, "")
	case "edit": // in the list, or in the dialog
		amount += 5 * recipe.One
		if s.random.IntN(2) == 0 {
			row = s.do("PATCH", path, fmt.Sprintf(`{"amount":%v}`, amount.Float()))
		} else {
			row = s.do("PUT", path, with(row, map[string]any{"amount": amount.Float()}))
		}
	case "delete":
		row = s.do("DELETE", path, "")
	}
	s.got[k] += amount
	s.mine[path] = sight(row)
	return what + " " + path
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
	must(s.t, s.pool.QueryRow(s.t.Context(), "select p.id, p.user_id, u.connection_id, u.people from plans p join users u on u.id = p.user_id").Scan(&p.ID, &p.User, &p.Connection, &p.People))
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
		lines[key(n.FoodID, n.Unit)] += n.Amount
	}
	return meals, lines
}

func (s *shared) pool2() *postgres.Pool { return postgres.NewPool(s.pool) }

// write writes back and says what became certain.
func (s *shared) write() error {
	s.outdate()
	_, err := s.Publish(s.t.Context(), lewis)
	s.settle(err)
	return err
}

// outdate makes the plan one that is to be written.
func (s *shared) outdate() {
	_, err := s.Amend(s.t.Context(), lewis)
	must(s.t, err)
	_, err = s.pool.Exec(s.t.Context(), "update plans set published_at = null, outdated = null")
	must(s.t, err)
}

// settle says what a write-back made certain.
func (s *shared) settle(err error) {
	meals, _ := s.wanted()
	for slot, dish := range s.took {
		if dish == meals[slot] {
			continue
		}
		if delete(s.took, slot); err != nil {
			s.loose[slot] = true
		}
	}
}

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
			switch {
			case errors.Is(err, context.Canceled):
				count["killed"]++
			case revoked && fault.KindOf(err) != fault.Unauthorized && fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.NetworkError:
				t.Fatalf("step %d: token revoked: %v", n, err)
			case away && !revoked && err == nil:
				t.Fatalf("step %d: wrote to another space", n)
			case err == nil:
				count["written"]++
			default:
				count["failed"]++
			}
			if away && len(s.meals())+len(s.lines()) > 0 {
				t.Fatalf("step %d: wrote to another space", n)
			}
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

// fail breaks the write-back to come.
func (s *shared) fail() string {
	r := faultswitch.Rule{
		Upstream: "tandoor", Method: []string{"", "POST", "DELETE", "GET"}[s.random.IntN(4)], Skip: s.random.IntN(12), Times: 1 + s.random.IntN(3),
		LoseAnswer: true,
	}
	if s.random.IntN(4) == 0 {
		r.LoseAnswer, r.Status = false, http.StatusServiceUnavailable
	}
	_, err := s.box.Faults.Set(r)
	must(s.t, err)
	return fmt.Sprintf("write with %+v", r)
}

// kill ends a write-back in the middle, as when the process dies: with the answer to a
// request that took effect still to come, or before the next request was sent.
func (s *shared) kill() (what string, write func() error) {
	first := s.random.IntN(12)
	lost := s.random.IntN(2) == 0
	if lost {
		_, err := s.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", Skip: first, Times: 1, LoseAnswer: true})
		must(s.t, err)
		first++
	}
	last, err := s.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", Skip: first, LatencyMS: 600_000})
	must(s.t, err)
	return fmt.Sprintf("killed at request %d, answer lost %t", first, lost), func() error {
		s.outdate()
		ctx, die := context.WithCancel(s.t.Context())
		defer die()
		done := make(chan error, 1)
		go func() { _, err := s.Publish(ctx, lewis); done <- err }()
		for {
			select {
			case err := <-done:
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				s.settle(err)
				return err
			case <-time.After(time.Millisecond):
			}
			if slices.ContainsFunc(s.box.Faults.Rules(), func(r faultswitch.Status) bool { return r.ID == last && r.Fired > 0 }) {
				die()
			}
		}
	}
}

func (s *shared) replan(n int) string {
	day := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[s.random.IntN(7)]
	slot := day + " " + []string{"breakfast", "lunch", "dinner"}[s.random.IntN(3)]
	line := []string{"SKIP " + slot, "UNSKIP " + slot, "REGENERATE " + slot, "ADJUST " + slot, "SKIP " + day, "UNSKIP " + day}[s.random.IntN(6)]
	if s.random.IntN(12) == 0 {
		_, err := s.Users.Change(s.t.Context(), lewis, func(u *user.User) error { u.People = 1 + u.People%2; return nil })
		must(s.t, err)
		line += ", other people"
	}
	_, err := s.Click(s.t.Context(), lewis, week, strings.TrimSuffix(line, ", other people"), fmt.Sprint("click ", n))
	must(s.t, err)
	_, err = s.pool.Exec(s.t.Context(), "update steerings set created_at = created_at - interval '2 hours'")
	must(s.t, err)
	return line
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
