package app_test

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/web/site"
)

// patterns records what is registered.
type patterns []string

func (p *patterns) Handle(pattern string, _ http.Handler) { *p = append(*p, pattern) }

// pagePatterns are those of all pages.
func pagePatterns() []string {
	var p patterns
	site.New(site.Ports{}, &url.URL{Scheme: "http", Host: "localhost"}, time.Now, slog.New(slog.DiscardHandler)).Register(&p)
	slices.Sort(p)
	return p
}

var placeholder = regexp.MustCompile(`\{(\w+|\$)\}`)

// address fills a pattern's path.
func address(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern+"nowhere"
	}
	return method, placeholder.ReplaceAllStringFunc(path, func(name string) string {
		return map[string]string{
			"{$}": "", "{week}": week.String(), "{date}": (week + 3).String(), "{meal}": "dinner", "{token}": "nonsense", "{step}": "1", "{file}": "nothing.css", "{recipe}": "1", "{size}": "small", "{id}": strings.Repeat("a", 32),
		}[name]
	})
}

// digest is what the database holds of a user, or with "" of everybody; browsers' sessions,
// pictures, which are fetched when they are first seen, and what processes write each minute
// excepted.
func (w *world) digest(t *testing.T, id string) string {
	t.Helper()
	rows, err := w.pool(t).Query(t.Context(), `
		select c.table_name, min(c.column_name) filter (where c.column_name in ('user_id', 'id'))
		from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
		where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name not like 'river%' and c.table_name not in ('sessions', 'recipe_pictures', 'keys', 'key_holders')
		group by c.table_name having $1 = '' or bool_or(c.column_name = 'user_id') or c.table_name = 'users' order by 1`, id)
	must(t, err)
	type table struct{ name, column string }
	var tables []table
	for rows.Next() {
		var x table
		var column *string
		must(t, rows.Scan(&x.name, &column))
		if x.column = "user_id"; x.name == "users" {
			x.column = "id"
		}
		tables = append(tables, x)
	}
	must(t, rows.Err())
	var out strings.Builder
	for _, x := range tables {
		where := ""
		if id != "" {
			where = fmt.Sprintf(" where x.%s::text = '%s'", x.column, id)
		}
		var sum string
		must(t, w.pool(t).QueryRow(t.Context(), fmt.Sprintf("select coalesce(md5(string_agg(x::text, '|' order by x::text)), '') from %s x%s", x.name, where)).Scan(&sum))
		fmt.Fprintf(&out, "%s %s\n", x.name, sum)
	}
	return out.String()
}

// Nobody sees or changes what is another's, through whatever page with whatever form; a GET
// changes nothing; and nothing that is posted is an error of the server.
func TestPagesKeepPeopleApart(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:2]
	ana, eve := people[0], people[1]
	w := newWorld(t, options{people: people, change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	w.mustGenerate(t, ana.ID)
	w.mustGenerate(t, eve.ID)
	_, err := w.Users.Change(t.Context(), ana.ID, func(u *user.User) error {
		u.Name, u.Settings.Dislikes = "Ana Secretname", []string{"leek"}
		return nil
	})
	must(t, err)
	must(t, w.Start(t.Context()))
	a, e, stranger := w.browser(t), w.browser(t), w.browser(t)
	a.signIn(w, ana.Email)
	e.signIn(w, eve.Email)
	a.want("/shopping/"+week.String(), url.Values{"do": {"add"}, "text": {"a secret thing"}}, http.StatusOK, "a secret thing")
	var item string
	must(t, w.pool(t).QueryRow(t.Context(), "select id::text from shopping_items where user_id = $1", ana.ID).Scan(&item))
	must(t, w.Stop(t.Context())) // nothing goes on by itself from here
	w = newWorld(t, options{database: w.cfg.Database.URL.Reveal(), role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	for _, b := range []*browser{a, e, stranger} {
		b.base = w.browser(t).base
	}

	secrets := []string{ana.Email, "Ana Secretname", "a secret thing", ana.ID}
	looks := func(b *browser, path string, form url.Values) {
		t.Helper()
		status, at, page := b.do(path, form)
		if status >= http.StatusInternalServerError && (at != "/status" || status != http.StatusServiceUnavailable) {
			t.Errorf("%s %v: %d at %s\n%.500s", path, form, status, at, page)
		}
		for _, secret := range secrets {
			if b != a && strings.Contains(page, secret) && !slices.ContainsFunc(slices.Collect(maps.Values(form)), func(v []string) bool { return slices.Contains(v, secret) }) {
				t.Errorf("%s %v shows %q to another", path, form, secret)
			}
		}
	}
	before, everything := w.digest(t, ana.ID), w.digest(t, "")
	all := pagePatterns()
	for _, p := range all {
		method, path := address(p)
		if method != http.MethodGet || strings.HasSuffix(path, "/events") {
			continue
		}
		for _, b := range []*browser{a, e, stranger} {
			looks(b, path, nil)
		}
	}
	if now := w.digest(t, ""); now != everything {
		t.Errorf("looking changed\n%s\nto\n%s", everything, now)
	}

	random := rand.New(rand.NewPCG(1, 2))
	values := []string{"", "yes", "1", item, "-1", "99999999999999999999", "tick-own", "untick-own", "tick", "add", "remove", "targets", "food", "plan", "cooking", "rules", "person", "body", "grams", ana.ID, ana.Email, week.String(), (week + 3).String(), (week + 3).String() + " dinner", "LOCK friday dinner", "TAKE " + (week + 3).String() + " dinner 1", "UNDO", "nuts", "vegan", "breakfast", "leek", "Europe/Berlin", strings.Repeat("x", 5000), "\xff", "'; drop table users; --", "<script>alert(1)</script>", "\u202e", "1e308", "NaN"}
	fields := []string{"do", "id", "key", "text", "form", "seen", "command", "version", "once", "travel", "skip", "guests " + (week + 3).String() + " dinner", "mode", "sure", "protein", "fat", "carbs", "tolerance", "confirm", "weight", "height", "age", "sex", "activity", "goal", "allergens", "diets", "dislikes", "avoid_tags", "meals", "plan_day", "plan_hour", "mails", "people", "smallest", "largest", "rotation", "quick", "eaters", "weekly-0-what", "weekly-0-least", "weekly-0-meals", "minutes-0-from", "minutes-0-meals", "minutes-0-most", "kcal-0-meals", "kcal-0-most", "name", "zone", "email", "food", "is", "contains", "url", "token", "how", "adults", "children", "share", "user_id", "user"}
	for range 1500 {
		method, path := address(all[random.IntN(len(all))])
		if method != http.MethodPost || path == "/account/delete" || path == "/sign-out" || path == "/account/sign-out" || path == "/sign-in" {
			continue
		}
		form := url.Values{}
		for range random.IntN(9) {
			form.Add(fields[random.IntN(len(fields))], values[random.IntN(len(values))])
		}
		looks([]*browser{e, e, stranger}[random.IntN(3)], path, form)
	}
	for _, form := range []url.Values{{"email": {ana.Email}}, {"email": {""}}, {}} {
		looks(e, "/account/delete", form)
	}
	looks(stranger, "/account/delete", url.Values{"email": {ana.Email}})
	if now := w.digest(t, ana.ID); now != before {
		t.Errorf("others changed what is Ana's:\n%s\nto\n%s", before, now)
	}
	e.want("/week", nil, http.StatusOK, "on target")
}
