package main

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type connectionCmd struct {
	List   connectionListCmd   `cmd:"" default:"1" help:"List the recipe libraries and who cooks from them."`
	Add    connectionAddCmd    `cmd:"" help:"Connect a recipe library, check it and import it."`
	Set    connectionSetCmd    `cmd:"" help:"Change a connection: its token, its address, write-back on or off."`
	Test   connectionTestCmd   `cmd:"" help:"Check a library by the requests that syncs and write-back make."`
	Import connectionImportCmd `cmd:"" help:"Fetch the recipes of a library."`
	Remove connectionRemoveCmd `cmd:"" help:"Remove a library without users, with its recipes."`
}

type connectionListCmd struct {
	settings
	output
}

// Run lists the connections.
func (c *connectionListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		list, err := a.Users.ConnectionUses(ctx)
		if err != nil {
			return err
		}
		l := newListing("no library is connected (mealplanner connection add --help)", "id", "url", "recipes", "synced", "write_back", "users", "last_error")
		for _, r := range list {
			synced := shown{r.Synced, "never"}
			if r.Synced != nil {
				synced.text = cellText(r.Synced)
			}
			l.add(r.ID, r.URL, r.Recipes, synced, r.WriteBack, shown{userIDs(r.Users), cmp.Or(r.Users, "-")}, shown{r.LastError, cmp.Or(firstLine(&r.LastError), "-")})
		}
		return c.list(std, l)
	})
}

// userIDs are the ids of a list as the database writes it.
func userIDs(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

type connectionAddCmd struct {
	settings
	ID        string      `arg:"" name:"connection" help:"Id of the connection, e.g. default."`
	URL       string      `name:"tandoor-url" required:"" help:"Address of the library's Tandoor." placeholder:"URL"`
	Token     seal.Secret `name:"tandoor-token" env:"TANDOOR_TOKEN" required:"" help:"API token with the scopes read, and write for --write-back. A process list shows flags: prefer TANDOOR_TOKEN or TANDOOR_TOKEN_FILE." placeholder:"TOKEN"`
	WriteBack bool        `help:"Write plans and shopping lists to Tandoor."`
	reading
	NoImport bool `help:"Do not fetch the recipes now."`
}

// reading are flags for how a library's data is read.
type reading struct {
	Meals       map[string]string `name:"keyword-meal" mapsep:"none" help:"What a keyword of the library says that a recipe is for: breakfast, lunch, dinner or several joined by +, e.g. Brunch=breakfast+lunch. Keywords that are called breakfast, lunch or dinner need none, nor do those that the table of courses knows (docs/tandoor.md). KEYWORD= forgets one. May be repeated." placeholder:"KEYWORD=MEAL"`
	Supermarket *string           `help:"Tandoor's supermarket whose order of aisles the groceries follow; default: its first." placeholder:"NAME"`
}

func (r reading) given() bool { return len(r.Meals) > 0 || r.Supermarket != nil }

// of parses the meals of the keywords; of one to forget it is none.
func (r reading) of() (map[string][]recipe.Meal, error) {
	out := map[string][]recipe.Meal{}
	for keyword, names := range r.Meals {
		keyword = strings.ToLower(strings.TrimSpace(keyword))
		if keyword == "" {
			return nil, fault.New(fault.InvalidInput, "keyword-meal", "want KEYWORD=MEAL, e.g. Brunch=breakfast+lunch")
		}
		out[keyword] = nil
		for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == '+' || r == ' ' }) {
			m, err := recipe.ParseMeal(name)
			if err != nil {
				return nil, fault.Wrap(fault.InvalidInput, "keyword-meal "+keyword, err)
			}
			out[keyword] = append(out[keyword], m)
		}
	}
	return out, nil
}

// change applies what was given.
func (r reading) change(conn *recipe.Connection, meals map[string][]recipe.Meal) {
	set(&conn.Supermarket, r.Supermarket)
	known := maps.Clone(conn.KeywordMeals)
	for keyword, m := range meals {
		if known == nil {
			known = map[string][]recipe.Meal{}
		}
		known[keyword] = m
		if len(m) == 0 {
			delete(known, keyword)
		}
	}
	conn.KeywordMeals = known
}

// Run checks the library, stores it and imports it.
func (c *connectionAddCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		meals, err := c.of()
		if err != nil {
			return err
		}
		conn := recipe.Connection{ID: c.ID, URL: c.URL, Sealed: a.SealTandoor(c.ID, c.Token), WriteBack: c.WriteBack}
		c.change(&conn, meals)
		if _, err := a.Users.Connection(ctx, c.ID); err == nil {
			return a.Users.AddConnection(ctx, conn, "operator") // says that it exists, before anything is asked
		}
		if err := a.CheckConnection(ctx, conn); err != nil {
			return err
		}
		if err := a.Users.AddConnection(ctx, conn, "operator"); err != nil {
			return err
		}
		printf(std.out, "added connection %s at %s\n", c.ID, c.URL)
		if c.NoImport {
			return nil
		}
		return a.Sync.Ensure(ctx, c.ID, std.importing(now))
	})
}

type connectionSetCmd struct {
	settings
	ID        string      `arg:"" name:"connection" help:"Id of the connection."`
	URL       *string     `name:"tandoor-url" help:"A new address is a new library: its recipes are imported from scratch and every planned week is replaced." placeholder:"URL"`
	Token     seal.Secret `name:"tandoor-token" env:"TANDOOR_TOKEN" help:"The new API token." placeholder:"TOKEN"`
	WriteBack *bool       `help:"Write plans and shopping lists to Tandoor; existing entries stay when turned off." negatable:""`
	reading
	NoImport bool `help:"Do not fetch recipes now, which a new library, --keyword-meal and --supermarket want."`
}

// Run checks the connection as it would be, stores it, and plans what it changes.
func (c *connectionSetCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.URL == nil && c.Token.Reveal() == "" && c.WriteBack == nil && !c.given() {
			return fault.New(fault.InvalidInput, "connection set", "nothing to change: give --tandoor-url, --tandoor-token, --[no-]write-back, --keyword-meal or --supermarket")
		}
		meals, err := c.of()
		if err != nil {
			return err
		}
		if err := c.known(ctx, a, meals); err != nil {
			return err
		}
		moved := false
		conn, err := a.Connections.Change(ctx, c.ID, "operator", func(conn *recipe.Connection) {
			moved = c.URL != nil && *c.URL != conn.URL
			set(&conn.URL, c.URL)
			conn.Invited = conn.Invited && !moved // this address is an operator's
			set(&conn.WriteBack, c.WriteBack)
			if moved {
				conn.KeywordMeals, conn.Supermarket = nil, ""
			}
			c.change(conn, meals)
			if c.Token.Reveal() != "" {
				conn.Sealed = a.SealTandoor(c.ID, c.Token)
			}
		})
		if err != nil {
			return err
		}
		printf(std.out, "%s: %s, write-back %t\n", conn.ID, conn.URL, conn.WriteBack)
		printReading(std.out, conn)
		switch {
		case c.NoImport:
			return nil
		case moved:
			err = a.Sync.Ensure(ctx, c.ID, std.importing(now))
		case c.given():
			_, err = a.Sync.Refresh(ctx, c.ID, true, std.importing(now))
		default:
			return nil
		}
		if err != nil {
			return err
		}
		return amendAll(ctx, a, std.out)
	})
}

// known refuses keywords that no recipe of the library has. Of another address none is known yet.
func (c *connectionSetCmd) known(ctx context.Context, a *app.Services, meals map[string][]recipe.Meal) error {
	was, err := a.Users.Connection(ctx, c.ID)
	if err != nil || c.URL != nil && *c.URL != was.URL {
		return err
	}
	v, err := a.Vocabulary(ctx, c.ID)
	if err != nil {
		return err
	}
	said := maps.Clone(meals)
	maps.DeleteFunc(said, func(_ string, m []recipe.Meal) bool { return len(m) == 0 }) // it is forgotten
	_, err = connection.Reading{Keywords: said}.Checked(connection.ReadingOf(was), v.Tags)
	return err
}

// printReading prints how a library is read where that was set.
func printReading(out io.Writer, conn recipe.Connection) {
	for _, keyword := range slices.Sorted(maps.Keys(conn.KeywordMeals)) {
		printf(out, "  keyword %s: %s\n", keyword, mealsText(conn.KeywordMeals[keyword]))
	}
	if conn.Supermarket != "" {
		printf(out, "  aisles as in %s\n", conn.Supermarket)
	}
}

func mealsText(meals []recipe.Meal) string {
	names := make([]string, len(meals))
	for i, m := range meals {
		names[i] = m.String()
	}
	return strings.Join(names, " and ")
}

// amendAll brings every outdated week in line, says which, and sends what that made.
func amendAll(ctx context.Context, a *app.Services, out io.Writer) error {
	done, err := a.AmendAll(ctx)
	for who, weeks := range done {
		printAmended(out, who, weeks)
	}
	if err != nil {
		return err
	}
	_, err = a.Delivery.Drain(ctx)
	return err
}

type connectionTestCmd struct {
	settings
	output
	ID string `arg:"" name:"connection" help:"Id of the connection."`
}

// Run checks a stored connection.
func (c *connectionTestCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		conn, err := a.Users.Connection(ctx, c.ID)
		if err != nil {
			return err
		}
		s, err := a.CheckLibrary(ctx, conn)
		if err != nil {
			return err
		}
		if c.json() {
			return c.show(std, []string{"id", "url", "version", "space", "can_write", "keyword_meals", "supermarket"},
				conn.ID, conn.URL, s.Version, s.Space, s.CanWrite, conn.KeywordMeals, conn.Supermarket)
		}
		printf(std.out, "%s at %s works: version %q, space %q, write access %t\n", conn.ID, conn.URL, s.Version, s.Space, s.CanWrite)
		printReading(std.out, conn)
		return nil
	})
}

type connectionRemoveCmd struct {
	settings
	ID string `arg:"" name:"connection" help:"Id of the connection."`
}

// Run removes a connection.
func (c *connectionRemoveCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Users.RemoveConnection(ctx, c.ID); err != nil {
			return err
		}
		printf(std.out, "removed connection %s with its recipes; nothing was changed in Tandoor\n", c.ID)
		return nil
	})
}
