package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// kitchen is a world with one planned person, whose weeks are those after today.
type kitchen struct {
	*world
	pool *pgxpool.Pool
	who  string
	week calendar.Date // the coming one
}

func newKitchen(t *testing.T, o options) *kitchen {
	t.Helper()
	o.people, o.now = sandbox.People()[:1], time.Now
	k := &kitchen{world: newWorld(t, o), who: "user_lewis", week: calendar.On(time.Now()).Monday() + 7}
	k.pool = k.world.pool(t)
	k.plan(t, k.week)
	return k
}

func (k *kitchen) plan(t *testing.T, week calendar.Date) {
	t.Helper()
	_, err := k.Generate(t.Context(), planner.Request{User: k.who, Week: week}, nil)
	must(t, err)
}

func (k *kitchen) change(t *testing.T, change func(*user.Settings)) {
	t.Helper()
	_, err := k.Users.Change(t.Context(), k.who, func(u *user.User) error { change(&u.Settings); return nil })
	must(t, err)
}

// forbidden lists the coming meals of the stored weeks that the user's settings forbid, by
// the recipes as the library has them now.
func (k *kitchen) forbidden(t *testing.T) (out []string) {
	t.Helper()
	u, err := k.Users.Get(t.Context(), k.who)
	must(t, err)
	pool, err := k.Recipes.Load(t.Context(), u.Connection)
	must(t, err)
	weeks, err := k.Plans.Between(t.Context(), k.who, calendar.On(time.Now())-6, calendar.On(time.Now())+60)
	must(t, err)
	for _, w := range weeks {
		for _, d := range w.Week.Days {
			for m, s := range d.Meals {
				if s == nil || d.Date <= calendar.On(time.Now()) {
					continue
				}
				i := slices.IndexFunc(pool, func(r recipe.Recipe) bool { return r.ID == s.Recipe })
				if i < 0 {
					out = append(out, fmt.Sprintf("%s %s: %s is not in the library", d.Date, recipe.Meals[m], s.Name))
				} else if why := breach(t, u.Settings, pool[i]); why != "" {
					out = append(out, fmt.Sprintf("%s %s: %s %s", d.Date, recipe.Meals[m], s.Name, why))
				}
			}
		}
	}
	return out
}

func breach(t *testing.T, s user.Settings, r recipe.Recipe) string {
	t.Helper()
	set, unknown := allergen.Of(r)
	for _, name := range s.Allergens {
		if a, err := allergen.Parse(name); err != nil || set&a != 0 || len(unknown) > 0 {
			return "holds " + name
		}
	}
	leaves, err := diet.Leaves(s.Diets)
	must(t, err)
	if brings, unknown := diet.NewPool(nil).Of(r); leaves != 0 && (brings&leaves != 0 || len(unknown) > 0) {
		return fmt.Sprintf("is not %s: %s", s.Diets, brings)
	}
	for _, k := range r.Keywords {
		if slices.ContainsFunc(s.AvoidTags, func(tag string) bool { return strings.EqualFold(tag, k) }) {
			return "is tagged " + k
		}
	}
	for _, d := range s.Dislikes {
		for _, i := range r.Ingredients {
			if slices.Contains(food.Forms(d), strings.ToLower(i.Food.Name)) {
				return "holds disliked " + d
			}
		}
	}
	return ""
}

// dish is a planned recipe that carries the allergen.
func (k *kitchen) dish(t *testing.T, week calendar.Date, name string) (plan.Serving, bool) {
	t.Helper()
	group, err := allergen.Parse(name)
	must(t, err)
	pool, err := k.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	s, err := k.Plans.Get(t.Context(), k.who, week)
	must(t, err)
	for _, d := range s.Week.Days {
		for _, sv := range d.Meals {
			i := slices.IndexFunc(pool, func(r recipe.Recipe) bool { return sv != nil && r.ID == sv.Recipe })
			if i < 0 {
				continue
			}
			if set, _ := allergen.Of(pool[i]); set&group != 0 {
				return *sv, true
			}
		}
	}
	return plan.Serving{}, false
}

// anAllergen is a group that the planned week carries.
func (k *kitchen) anAllergen(t *testing.T) (string, plan.Serving) {
	t.Helper()
	for _, a := range []string{"milk", "eggs", "fish", "gluten", "soy"} {
		if s, ok := k.dish(t, k.week, a); ok {
			return a, s
		}
	}
	t.Fatal("the week carries no allergen to become allergic to")
	return "", plan.Serving{}
}

// An allergy that is entered after the week was planned: until the week is amended whoever
// reads it is warned and no mail leaves; then nothing forbidden is planned, and the user
// has a mail that says so.
func TestAllergyEnteredLater(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{})
	_, err := k.Delivery.Drain(t.Context())
	must(t, err)
	must(t, k.box.Mail.Wait(t.Context(), 1))
	name, dish := k.anAllergen(t)
	k.change(t, func(s *user.Settings) { s.Allergens = append(s.Allergens, name) })

	for reader, read := range map[string]func() (plan.Plan, error){
		"by week": func() (plan.Plan, error) { s, err := k.Plans.Get(t.Context(), k.who, k.week); return *s, err },
		"newest":  func() (plan.Plan, error) { return k.Plans.Newest(t.Context(), k.who) },
		"between": func() (plan.Plan, error) {
			s, err := k.Plans.Between(t.Context(), k.who, k.week, k.week)
			return s[0], err
		},
	} {
		if s, err := read(); err != nil || !s.Week.Unsafe() {
			t.Errorf("%s: no warning, %v", reader, err)
		}
	}
	_, err = k.pool.Exec(t.Context(), `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, created_at)
		values ($1, 'daily_advisor', 'x', 'x@y', 'lewis@sandbox.example', 's', $2, 'h', now() - interval '1 minute')`, k.who, "Tomorrow: "+dish.Name)
	must(t, err)
	if n, err := k.Delivery.Drain(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d mails left before the week was amended, %v", n, err)
	}

	done, err := k.Amend(t.Context(), k.who)
	must(t, err)
	if len(done) != 1 || len(done[0].Replaced) == 0 || !done[0].Mailed {
		t.Errorf("amended: %+v", done)
	}
	if bad := k.forbidden(t); len(bad) > 0 {
		t.Errorf("after the amendment: %q", bad)
	}
	n, err := k.Delivery.Drain(t.Context())
	must(t, err)
	mails := k.box.Mail.Messages()
	if n != 1 || len(mails) != 2 {
		t.Fatalf("%d mails were sent, %d are there: want the change alone", n, len(mails))
	}
	text := string(mails[1].Raw)
	if !strings.Contains(text, "has changed") || !strings.Contains(text, "CHANGED SINCE THE LAST MAIL") {
		t.Errorf("the mail does not say what changed:\n%s", text)
	}
	s, err := k.Plans.Get(t.Context(), k.who, k.week)
	must(t, err)
	if s.Week.Unsafe() {
		t.Error("the warning stays")
	}

	// The notes that spoke of the allergy go with it.
	k.change(t, func(s *user.Settings) { s.Allergens = nil })
	_, err = k.Amend(t.Context(), k.who)
	must(t, err)
	if s, err = k.Plans.Get(t.Context(), k.who, k.week); err != nil || strings.Contains(message.Joined(s.Week.Notes...).String(), "allergens") {
		t.Errorf("notes of a setting that is gone: %q, %v", s.Week.Notes, err)
	}
}

// A mail that was not sent yet is replaced, not followed by a correction.
func TestUnsentPlanMailIsReplaced(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{})
	name, dish := k.anAllergen(t)
	k.change(t, func(s *user.Settings) { s.Allergens = append(s.Allergens, name) })
	_, err := k.Amend(t.Context(), k.who)
	must(t, err)
	_, err = k.Delivery.Drain(t.Context())
	must(t, err)
	mails := k.box.Mail.Messages()
	if len(mails) != 1 || strings.Contains(string(mails[0].Raw), dish.Name) || strings.Contains(string(mails[0].Raw), "CHANGED SINCE") {
		t.Errorf("%d mails; the first is not simply the new plan", len(mails))
	}
}

// Where the library has nothing else, the meals are taken out: an empty slot is better than
// a dish that harms.
func TestNothingElseFits(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{})
	k.change(t, func(s *user.Settings) { s.Allergens = allergen.Names() })
	done, err := k.Amend(t.Context(), k.who)
	must(t, err)
	if bad := k.forbidden(t); len(bad) > 0 || len(done) != 1 || !done[0].Lost {
		t.Errorf("%+v, forbidden: %q", done, bad)
	}
	s, err := k.Plans.Get(t.Context(), k.who, k.week)
	must(t, err)
	if err := s.Week.Validate(); err != nil || len(s.Week.Notes) == 0 || !strings.Contains(s.Week.Notes[0].String(), "Missing, because") {
		t.Errorf("%q, %v", s.Week.Notes, err)
	}
	if s.Week.BalancedDays() != 0 || s.Week.Status != plan.Unbalanced {
		t.Errorf("a week without meals has %d days on target and is %s", s.Week.BalancedDays(), s.Week.Status)
	}

	// Recipes that come are tried for them, though the week has no dish that could have changed
	// and the user has no allergy any more.
	k.change(t, func(s *user.Settings) { s.Allergens = nil })
	for _, sql := range []string{"update plans set outdated = null", "delete from plan_meals"} {
		_, err := k.pool.Exec(t.Context(), sql)
		must(t, err)
	}
	_, err = k.Sync.Refresh(t.Context(), sandbox.Connection, true, nil)
	must(t, err)
	_, err = k.Amend(t.Context(), k.who)
	must(t, err)
	if s, err = k.Plans.Get(t.Context(), k.who, k.week); err != nil || s.Week.Meals() != 21 {
		t.Errorf("%d meals after a recipe came, %v", s.Week.Meals(), err)
	}
}

// Other ways in: SQL, a recipe that is edited, one that is deleted, another library. The
// scheduler notices by itself.
func TestSchedulerAmends(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{})
	k.plan(t, k.week+7)
	must(t, k.Start(t.Context()))
	clean := func(what string) {
		t.Helper()
		await(t, k.pool, 0, "select count(*) from plans where outdated is not null")
		if bad := k.forbidden(t); len(bad) > 0 {
			t.Errorf("%s: %q", what, bad)
		}
	}
	name, _ := k.anAllergen(t)
	_, err := k.pool.Exec(t.Context(), `update users set settings = settings || jsonb_build_object('allergens', jsonb_build_array($1::text)) where id = $2`, name, k.who)
	must(t, err)
	clean("SQL")

	s, err := k.Plans.Get(t.Context(), k.who, k.week)
	must(t, err)
	victim := s.Week.Days[6].Meals[recipe.Dinner].Recipe
	var data []byte
	must(t, k.pool.QueryRow(t.Context(), "select data from recipes where recipe_id = $1", int64(victim)).Scan(&data))
	_, err = k.pool.Exec(t.Context(), "delete from recipes where recipe_id = $1", int64(victim))
	must(t, err)
	if bad := k.forbidden(t); len(bad) == 0 {
		t.Fatal("the control sees no dish that is gone")
	}
	_, err = k.Sync.Refresh(t.Context(), sandbox.Connection, true, nil) // finds it again, as a changed recipe
	must(t, err)
	clean("recipe changed")
}

// Whatever is changed in whatever order, by whatever way: once the command has answered, no
// stored or queued meal that is still to come breaks the user's settings.
func TestAnySequenceOfSettings(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{role: app.Tool})
	k.plan(t, k.week+7)
	sequences := 12
	if n, err := strconv.Atoi(os.Getenv("SEQUENCES")); err == nil {
		sequences = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d sequences", seed, sequences)
	random := rand.New(rand.NewPCG(seed, 2))
	pool, err := k.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	some := func(from []string) (out []string) {
		for range random.IntN(3) {
			out = append(out, from[random.IntN(len(from))])
		}
		return out
	}
	var foods, tags []string
	for _, r := range pool {
		tags = append(tags, r.Keywords...)
		for _, i := range r.Ingredients {
			foods = append(foods, i.Food.Name)
		}
	}
	replaced, clicks := 0, 0
	for n := range sequences {
		for step := range 4 {
			var what string
			switch way := random.IntN(4); way {
			case 0, 1:
				s := user.Settings{Allergens: some([]string{"nuts", "peanuts", "milk", "eggs", "fish", "gluten", "soy", "sesame", "celery"}), Dislikes: some(foods), AvoidTags: some(tags)}
				if random.IntN(2) == 0 {
					s.Diets = some(diet.Names())
				}
				what = fmt.Sprintf("way %d: %q %q %q %q", way, s.Allergens, s.Diets, s.Dislikes, s.AvoidTags)
				if way == 0 {
					k.change(t, func(to *user.Settings) {
						to.Allergens, to.Diets, to.Dislikes, to.AvoidTags = s.Allergens, s.Diets, s.Dislikes, s.AvoidTags
					})
				} else {
					data, err := json.Marshal(map[string]any{"allergens": s.Allergens, "diets": s.Diets, "dislikes": s.Dislikes, "avoid_tags": s.AvoidTags})
					must(t, err)
					_, err = k.pool.Exec(t.Context(), "update users set settings = settings || $1::jsonb where id = $2", data, k.who)
					must(t, err)
				}
			default:
				line := []string{"I hate " + foods[random.IntN(len(foods))], "REGENERATE WEEK", "UNDO", "SKIP sat dinner", "UNSKIP sat dinner"}[random.IntN(5)]
				what = "click: " + line
				_, err := k.Click(t.Context(), k.who, k.week, line, fmt.Sprint("click ", n, step, random.Uint64()))
				must(t, err)
				clicks++
			}
			done, err := k.Amend(t.Context(), k.who)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for _, d := range done {
				replaced += len(d.Replaced)
			}
			if bad := k.forbidden(t); len(bad) > 0 {
				t.Fatalf("sequence %d, step %d, %s: %q", n, step, what, bad)
			}
			k.queuedIsSound(t, what, pool)
			_, err = k.pool.Exec(t.Context(), "update steerings set created_at = created_at - interval '2 hours'")
			must(t, err)
		}
		if random.IntN(3) == 0 {
			_, err := k.Delivery.Drain(t.Context())
			must(t, err)
		}
		k.refill(t)
	}
	t.Logf("%d meals replaced, %d clicks", replaced, clicks)
	if replaced == 0 || clicks == 0 {
		t.Error("the sequences put nothing to the test")
	}
}

// refill takes back what a sequence did: the next one begins with full weeks.
func (k *kitchen) refill(t *testing.T) {
	t.Helper()
	k.change(t, func(to *user.Settings) {
		to.Allergens, to.Diets, to.Dislikes, to.AvoidTags = nil, nil, nil, nil
	})
	_, err := k.pool.Exec(t.Context(), "delete from plans; delete from week_constraints; delete from steerings; delete from outbox")
	must(t, err)
	k.plan(t, k.week)
	k.plan(t, k.week+7)
}

// queuedIsSound checks that no plan mail that waits shows a dish that breaks the settings.
func (k *kitchen) queuedIsSound(t *testing.T, what string, pool []recipe.Recipe) {
	t.Helper()
	u, err := k.Users.Get(t.Context(), k.who)
	must(t, err)
	rows, err := k.pool.Query(t.Context(), "select text_body from outbox where status = 'pending' and email_type = $1", mailer.WeeklyPlanType)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		must(t, rows.Scan(&text))
		for _, r := range pool {
			if why := breach(t, u.Settings, r); why != "" && strings.Contains(text, ": "+r.Name+" (") {
				t.Fatalf("%s: a plan mail that waits shows %s, which %s", what, r.Name, why)
			}
		}
	}
	must(t, rows.Err())
}
