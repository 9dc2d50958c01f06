// Package planmail makes the demo users' mails out of the demo library, from the recipe
// server to the rendered page, and looks at them in a browser.
package planmail

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/test/kit/pagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var docsImage = flag.String("docs-image", "", "write the picture of the first user's mail to this file")

const token = "test-token"

var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// recipes reads the demo library through the recipe server's API.
func recipes(t *testing.T) []recipe.Recipe {
	t.Helper()
	lib, err := sandbox.Library()
	if err != nil {
		t.Fatal(err)
	}
	srv, err := tandoortest.New(tandoortest.Options{Library: lib, Tokens: map[string]tandoortest.Token{token: {Scope: "read write"}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(srv)
	t.Cleanup(web.Close)
	client, err := tandoor.New(tandoor.Config{BaseURL: web.URL, Token: token, HTTP: &http.Client{Timeout: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Sync(t.Context(), tandoor.Ask{Full: true})
	if err != nil {
		t.Fatal(err)
	}
	return res.Changed
}

// ports are the planner's ports in memory, for one person.
type ports struct {
	pool   recipe.Pool
	person sandbox.Person
}

func (p ports) Recipes(context.Context, string) (recipe.Pool, error) { return p.pool, nil }
func (p ports) Weight(context.Context, user.User) (float64, error)   { return p.person.WeightKG, nil }
func (p ports) Save(context.Context, planner.Draft) (bool, error)    { return true, nil }
func (p ports) Inputs(context.Context, string, calendar.Date) (planner.Inputs, error) {
	return planner.Inputs{User: p.person.User, Wishes: p.person.Wishes(monday)}, nil
}

type links struct{}

func (links) Plan(userID string, week calendar.Date) string {
	return "https://meals.example.org/plan/" + userID + "/" + week.String()
}

func (links) Library(userID string) string { return "https://meals.example.org/library/" + userID }

func (links) Deletion(string) string { return "https://meals.example.org/delete/x" }

func (links) SignIn(token string) string     { return "https://meals.example.org/sign-in/" + token }
func (links) Invitation(token string) string { return "https://meals.example.org/invitation/" + token }

func (links) Unsubscribe(userID, emailType string) string {
	return "https://meals.example.org/unsubscribe/" + userID + "/" + emailType
}

func (links) Command(userID string, week calendar.Date, line string) string {
	return "https://meals.example.org/do/" + userID + "/" + week.String() + "/" + url.PathEscape(line)
}

func generate(t *testing.T, pool []recipe.Recipe, p sandbox.Person) planner.Result {
	t.Helper()
	renderer, err := mailer.NewRenderer(links{}, "meals.example.org")
	if err != nil {
		t.Fatal(err)
	}
	settings := planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}
	inline := func(ctx context.Context, _ string, fn func(context.Context) error) error { return fn(ctx) }
	in := ports{recipe.Pool{Recipes: pool, FetchedAt: time.Now()}, p}
	res, err := planner.New(in, in, in, renderer, inline, settings).Generate(t.Context(), planner.Request{User: p.ID, Week: monday, DryRun: true})
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return res
}

// Every demo user's mail reads well on a phone and a desktop, in light and in dark, and
// its shopping list says of every food how much to buy and for which meals.
func TestDemoMails(t *testing.T) {
	b, pool := pagetest.Start(t), recipes(t)
	for i, p := range sandbox.People() {
		res := generate(t, pool, p)
		if n := len(res.Mail.HTML); n > mailer.MaxHTML {
			t.Errorf("%s: %d bytes of HTML", p.Name, n)
		}
		checkList(t, p, res.Groceries)
		for _, v := range pagetest.Views {
			for _, f := range b.Findings(t, res.Mail.HTML, v) {
				t.Errorf("%s at %s: %s", p.Name, v, f)
			}
		}
		if i == 0 && *docsImage != "" {
			photograph(t, b, res.Mail.HTML)
		}
	}
}

func checkList(t *testing.T, p sandbox.Person, l grocery.List) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range l.Sections {
		if s.Name == grocery.OtherSection {
			t.Errorf("%s: %d foods have no aisle", p.Name, len(s.Lines))
		}
		for _, line := range s.Lines {
			if strings.ContainsRune(line.Name, utf8.RuneError) || line.Name == "" {
				t.Errorf("%s: food %d is called %q", p.Name, line.Food, line.Name)
			}
			if line.Buy == "" || len(line.Uses) == 0 || seen[line.Key()] {
				t.Errorf("%s: %s: buy %q for %d meals, seen before: %t", p.Name, line.Name, line.Buy, len(line.Uses), seen[line.Key()])
			}
			seen[line.Key()] = true
		}
	}
	if l.Lines() < 20 {
		t.Errorf("%s: only %d lines to buy", p.Name, l.Lines())
	}
}

func photograph(t *testing.T, b *pagetest.Browser, html string) {
	t.Helper()
	png := b.Screenshot(t, html, pagetest.View{Width: 672, Scheme: pagetest.Light}, 944)
	if err := os.MkdirAll(filepath.Dir(*docsImage), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*docsImage, png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (links) Reply(key [signedlink.ReplyKeySize]byte, _ string, _ calendar.Date) string {
	return fmt.Sprintf("plan+%x@meals.example.org", key)
}

func (links) Click(key [signedlink.ReplyKeySize]byte, target string) string {
	return fmt.Sprintf("https://meals.example.org/r/%x%s", key, strings.TrimPrefix(target, "https://meals.example.org"))
}

func (links) Open(key [signedlink.ReplyKeySize]byte) string {
	return fmt.Sprintf("https://meals.example.org/o/%x", key)
}

func (links) Key(kind, userID, period string) [signedlink.ReplyKeySize]byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + userID + "\x00" + period))
	return [signedlink.ReplyKeySize]byte(sum[:])
}
