package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a user, and the recipe library they cook from."`
	List userListCmd `cmd:"" default:"1" help:"List the users."`
	Show userShowCmd `cmd:"" help:"Show all settings of a user."`
	Set  userSetCmd  `cmd:"" help:"Change a user; omitted flags keep their value."`
	Cook userCookCmd `cmd:"" help:"Change what is cooked when, how often, and for whom."`
	Demo userDemoCmd `cmd:"" help:"Add the demo users of a running sandbox and plan their first week; existing ones stay."`

	SignIn userSignInCmd `cmd:"" name:"sign-in" help:"Print a link that signs a browser in as the user, once, within 15 minutes."`
	Export userExportCmd `cmd:"" help:"Print everything stored about a user, as JSON."`
	Delete userDeleteCmd `cmd:"" help:"Delete a user and everything stored about them; without --yes only show what that is."`

	Connect    userConnectCmd    `cmd:"" help:"Print the link by which a user connects their FatSecret account."`
	Disconnect userDisconnectCmd `cmd:"" help:"Forget a user's FatSecret account."`
}

type userAddCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id: a-z, 0-9 and _; the only thing about a user that telemetry carries."`
	wishes
	Connection string      `default:"default" help:"Id of the recipe library; users may share one." placeholder:"CONNECTION"`
	URL        string      `name:"tandoor-url" help:"Tandoor of a connection that is new." placeholder:"URL"`
	Token      seal.Secret `name:"tandoor-token" env:"TANDOOR_TOKEN" help:"API token: scope read, write for --write-back." placeholder:"TOKEN"`
	WriteBack  bool        `help:"Write plans and groceries to Tandoor."`
	NoImport   bool        `help:"Do not fetch the recipes now."`
}

// Run adds the user, connects the library and imports it.
func (c *userAddCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	u := user.User{ID: c.ID, Name: c.ID, TimeZone: "UTC", Enabled: true, People: 1, Connection: c.Connection, Settings: user.DefaultSettings()}
	if err := c.apply(&u); err != nil {
		return err
	}
	if err := u.Validate(); err != nil {
		return fault.Wrap(fault.InvalidInput, "add user", err)
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		known, err := a.Vocabulary(ctx, c.Connection)
		if err != nil {
			return err
		}
		imported := len(known.Foods) > 0
		if imported {
			if err := known.Check(user.Settings{}, &u.Settings); err != nil {
				return err
			}
		}
		if err := c.store(ctx, a, u); err != nil {
			return err
		}
		target, source := u.Settings.Target(0)
		printf(std.out, "added %s; daily target %s (%s); recipes of the library %q\n", u.ID, target, source, u.Connection)
		warn(std, u)
		if !c.NoImport {
			if err := a.Sync.Ensure(ctx, c.Connection, std.importing(now)); err != nil {
				return err
			}
		}
		if !imported && !c.NoImport {
			if err := c.meantNothing(ctx, std, a, u); err != nil {
				return err
			}
		}
		if !c.NoImport {
			if err := notePlannable(ctx, std, a, user.User{}, u); err != nil {
				return err
			}
		}
		return announce(std.out, a, u)
	})
}

// meantNothing notes names that nothing in a library is called which could not be asked
// before the user was stored, because its recipes were fetched afterwards.
func (c *userAddCmd) meantNothing(ctx context.Context, std *streams, a *app.Services, u user.User) error {
	known, err := a.Vocabulary(ctx, c.Connection)
	if err != nil || len(known.Foods) == 0 {
		return err
	}
	if err := known.Check(user.Settings{}, &u.Settings); err != nil {
		printLine(std.err, "note:", err.Error(), "(it is stored: mealplanner user set", u.ID, "changes it)")
	}
	return nil
}

// store adds the user; with a URL the library is checked first, and stored together with
// the user. A connection that exists is never changed here.
func (c *userAddCmd) store(ctx context.Context, a *app.Services, u user.User) error {
	if c.URL == "" {
		return a.Users.Add(ctx, u, nil)
	}
	conn, err := a.Users.Connection(ctx, c.Connection)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	switch {
	case err != nil: // there is none
	case strings.TrimRight(conn.URL, "/") != strings.TrimRight(c.URL, "/"):
		return fault.New(fault.Conflict, "add user", "connection %q is %s, and others may cook from it: name a new one with --connection ID, or leave out --tandoor-url to share it", c.Connection, conn.URL)
	default:
		return a.Users.Add(ctx, u, nil)
	}
	if c.Token.Reveal() == "" {
		return fault.New(fault.InvalidInput, "TANDOOR_TOKEN", "no token is given for %s: make one in Tandoor under Settings > API, and set TANDOOR_TOKEN, or TANDOOR_TOKEN_FILE to its file", c.URL)
	}
	conn = recipe.Connection{ID: c.Connection, URL: c.URL, Sealed: a.SealTandoor(c.Connection, c.Token), WriteBack: c.WriteBack}
	if err := a.CheckConnection(ctx, conn); err != nil {
		return err
	}
	return a.Users.AddWith(ctx, u, conn)
}

// announce says what the scheduler will mail to a new user, and how to change that.
func announce(w io.Writer, a *app.Services, u user.User) error {
	if !u.Enabled {
		printf(w, "no week is planned for %s until `mealplanner user set %s --enabled`\n", u.ID, u.ID)
		return nil
	}
	at, week, err := a.NextRun(u)
	if err != nil {
		return err
	}
	zone, err := u.Location()
	if err != nil {
		return err
	}
	day, hour := u.Settings.PlanTime()
	printf(w, "the week of %s is planned and mailed to %s on %s (%s), where a scheduler runs; later weeks every %s at %d:00\n",
		week, u.Email, at.In(zone).Format("Monday 2 January, 15:04"), u.TimeZone, day, hour)
	printf(w, "at once: `mealplanner generate --user %s`; not at all: `mealplanner user set %s --no-enabled`\n", u.ID, u.ID)
	return nil
}

// warnings are the safety limits that the user's targets exceed.
func warnings(s user.Settings) []message.Text {
	target, _ := s.Target(0)
	weight := 0.0
	if s.Body != nil {
		weight = s.Body.WeightKG
	}
	out, _ := targets.Check(target, weight, s.Supervised) // a refusal stops the command elsewhere
	return out
}

func warn(std *streams, u user.User) {
	for _, w := range warnings(u.Settings) {
		printLine(std.err, "note:", w.String())
	}
}

type userSetCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
	wishes
	Connection *string `help:"Id of another recipe library to cook from: the planned weeks are replaced." placeholder:"CONNECTION"`
	Operator   *bool   `help:"Whether their pages show the state of the installation." negatable:""`
}

func (c *userSetCmd) change(u *user.User) error {
	set(&u.Operator, c.Operator)
	return c.apply(u)
}

// Run changes the user, brings their planned weeks in line, and shows both.
func (c *userSetCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		return changeUser(ctx, a, std, change{c.ID, c.Connection, c.change}, now)
	})
}

// change is what a command does to a user.
type change struct {
	id         string
	connection *string // another library; nil: the same
	apply      func(*user.User) error
}

// changeUser changes a user, brings their planned weeks in line, and shows both.
func changeUser(ctx context.Context, a *app.Services, std *streams, c change, now func() time.Time) error {
	before, err := a.Users.Get(ctx, c.id)
	if err != nil {
		return err
	}
	library := before.Connection
	set(&library, c.connection)
	if _, err := a.Users.Connection(ctx, library); err != nil {
		return err
	}
	if err := a.Sync.Ensure(ctx, library, std.importing(now)); err != nil && c.connection != nil {
		return err
	}
	known, err := a.Vocabulary(ctx, library)
	if err != nil {
		return err
	}
	u, err := a.Users.Change(ctx, c.id, func(u *user.User) error {
		before = *u
		before.Settings.Allergens, before.Settings.Diets = slices.Clone(u.Settings.Allergens), slices.Clone(u.Settings.Diets)
		set(&u.Connection, c.connection)
		if err := c.apply(u); err != nil {
			return err
		}
		return known.Check(before.Settings, &u.Settings)
	})
	if err != nil {
		return err
	}
	printChanges(std.out, before, u)
	warn(std, u)
	done, err := a.Amend(ctx, u.ID)
	if err != nil {
		return fault.Wrap(fault.KindOf(err), "the settings are stored, but the planned weeks could not be checked; until they are, no mail leaves and the plans carry a warning", err)
	}
	printAmended(std.out, u.ID, done)
	if err := noteKept(ctx, std.out, a, before, u, now()); err != nil {
		return err
	}
	if err := notePlannable(ctx, std, a, before, u); err != nil {
		return err
	}
	_, err = a.Delivery.Drain(ctx)
	return err
}

type userShowCmd struct {
	settings
	output
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints every setting.
func (c *userShowCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		u, err := a.Users.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		var names []string
		var values []any
		for _, f := range fields(u) {
			names, values = append(names, strings.ReplaceAll(f.name, " ", "_")), append(values, shown{f.of, f.value})
		}
		return c.show(std, names, values...)
	})
}

type userListCmd struct {
	settings
	output
}

// Run lists the users.
func (c *userListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		users, err := a.Users.List(ctx)
		if err != nil {
			return err
		}
		l := newListing("no users (mealplanner user add --help)", "id", "name", "email", "zone", "people", "library", "target", "enabled")
		for _, u := range users {
			target, source := u.Settings.Target(0)
			l.add(u.ID, u.Name, u.Email, u.TimeZone, u.People, u.Connection, shown{target, fmt.Sprintf("%s (%s)", target, source)}, u.Enabled)
		}
		return c.list(std, l)
	})
}

type userConnectCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints the link; the api role must be reachable at PUBLIC_URL.
func (c *userConnectCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.FatSecret.ConsumerKey == "" {
			return fault.New(fault.InvalidConfig, "FATSECRET_CONSUMER_KEY", "FatSecret is off: set it and FATSECRET_CONSUMER_SECRET, here and for the api role")
		}
		if _, err := a.Users.Get(ctx, c.ID); err != nil {
			return err
		}
		printf(std.out, "Open within an hour:\n%s\n", a.Links.Connect(c.ID))
		return nil
	})
}

type userDisconnectCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run forgets the token.
func (c *userDisconnectCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error { return a.Users.SetFatSecret(ctx, c.ID, nil) })
}

type userExportCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints the user's data.
func (c *userExportCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		data, err := a.Users.Export(ctx, c.ID)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := json.Indent(&out, data, "", "  "); err != nil {
			return fault.Wrap(fault.Internal, "export user", err)
		}
		out.WriteByte('\n')
		_, err = out.WriteTo(std.out)
		return err
	})
}

type userDeleteCmd struct {
	settings
	ID  string `arg:"" name:"user" help:"Id of the user."`
	Yes bool   `help:"Delete, and do not only say what would go."`
}

// Run says what is stored about the user, and with --yes deletes it.
func (c *userDeleteCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		held, err := a.Users.Holdings(ctx, c.ID)
		if err != nil {
			return err
		}
		t := newTable(std.out)
		for _, h := range held {
			t.row(h.What, h.N)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		printLine(std.out, "What stays: mails in the user's own mailbox and in the sent folder of the mail server, plans written to Tandoor or FatSecret,")
		printLine(std.out, "and telemetry, which holds the id alone, until its retention ends. Backups keep what they hold.")
		if !c.Yes {
			printf(std.out, "nothing was deleted: `mealplanner user delete %s --yes` deletes it, `mealplanner user export %s` keeps a copy\n", c.ID, c.ID)
			return nil
		}
		if err := a.Users.Delete(ctx, c.ID); err != nil {
			return err
		}
		printf(std.out, "deleted %s\n", c.ID)
		return nil
	})
}
