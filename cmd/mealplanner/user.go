package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/allergen"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/nutrition"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
	"github.com/mealplanner/mealplanner/pkg/targets"
	"github.com/mealplanner/mealplanner/pkg/user"
)

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a user, and the recipe library they cook from."`
	List userListCmd `cmd:"" help:"List the users."`
	Set  userSetCmd  `cmd:"" help:"Change a user; what is not named stays."`
	Demo userDemoCmd `cmd:"" help:"Add the demo users, who live in a running sandbox, and plan their first week; what is there already stays."`

	Connect    userConnectCmd    `cmd:"" help:"Print the link by which a user connects their FatSecret account."`
	Disconnect userDisconnectCmd `cmd:"" help:"Forget a user's FatSecret account."`
}

// wishes are the flags that add and set share. A nil pointer was not given.
type wishes struct {
	Email     *string  `help:"Where the plans go." placeholder:"ADDRESS"`
	Name      *string  `help:"How mails address the user."`
	Zone      *string  `name:"time-zone" help:"IANA time zone, e.g. Europe/Berlin." placeholder:"ZONE"`
	People    *int     `help:"How many eat; scales the groceries."`
	Protein   *float64 `help:"Daily grams of protein (with --fat and --carbs)." placeholder:"G" group:"Targets"`
	Fat       *float64 `help:"Daily grams of fat." placeholder:"G" group:"Targets"`
	Carbs     *float64 `help:"Daily grams of carbohydrate." placeholder:"G" group:"Targets"`
	Weight    *float64 `help:"Body weight in kg; with the next five, computes the targets." placeholder:"KG" group:"Targets"`
	Height    *float64 `help:"Height in cm." placeholder:"CM" group:"Targets"`
	Age       *int     `help:"Age in years, 18 or more." group:"Targets"`
	Sex       *string  `help:"female or male." group:"Targets"`
	Activity  *string  `help:"sedentary, light, moderate or active." group:"Targets"`
	Goal      *string  `help:"lose, maintain or gain." group:"Targets"`
	Allergens []string `help:"EU-14 groups, e.g. nuts,milk; \"none\" clears." placeholder:"NAME,..."`
	Dislikes  []string `help:"Foods never to plan; their kinds count too." placeholder:"FOOD,..."`
	AvoidTags []string `help:"Recipe keywords never to plan." placeholder:"TAG,..."`
	Rotation  *int     `name:"rotation-days" help:"Days before a dish comes back for the same meal."`
	Mails     []string `help:"Mails to take again after unsubscribing, e.g. weekly_plan." placeholder:"TYPE,..."`
	Diary     *string  `help:"off, dry-run or write: whether meals confirmed as eaten go to the FatSecret diary." placeholder:"MODE"`
	Clicks    *bool    `name:"track-clicks" help:"Whether it is noted that a link of a mail was followed; it is unless this says no." negatable:""`
	Opens     *bool    `name:"track-opens" help:"Whether it is noted that a mail was opened; it is not unless the user agrees." negatable:""`
	Enabled   *bool    `help:"Whether weeks are planned." negatable:""`
}

func (w wishes) apply(u *user.User) error {
	set(&u.Email, w.Email)
	set(&u.Name, w.Name)
	set(&u.TimeZone, w.Zone)
	set(&u.People, w.People)
	set(&u.Enabled, w.Enabled)
	set(&u.Settings.RotationDays, w.Rotation)
	if w.Diary != nil {
		u.Settings.Diary = user.DiaryMode(strings.TrimPrefix(*w.Diary, "off"))
	}
	set(&u.Settings.TrackOpens, w.Opens)
	if w.Clicks != nil {
		u.Settings.NoClicks = !*w.Clicks
	}
	for _, l := range []struct {
		to   *[]string
		from []string
	}{{&u.Settings.Allergens, w.Allergens}, {&u.Settings.Dislikes, w.Dislikes}, {&u.Settings.AvoidTags, w.AvoidTags}} {
		switch {
		case len(l.from) == 1 && l.from[0] == "none":
			*l.to = nil
		case l.from != nil:
			*l.to = l.from
		}
	}
	u.Settings.NoMail = slices.DeleteFunc(u.Settings.NoMail, func(t string) bool { return slices.Contains(w.Mails, t) })
	for _, name := range u.Settings.Allergens {
		if _, err := allergen.Parse(name); err != nil {
			return fault.Wrap(fault.InvalidInput, "--allergens", err)
		}
	}
	if err := w.applyTargets(&u.Settings); err != nil {
		return err
	}
	return w.applyBody(&u.Settings)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (w wishes) applyTargets(s *user.Settings) error {
	given := 0
	var m nutrition.Macros
	for _, f := range []struct {
		flag string
		from *float64
		to   *nutrition.Mass
	}{{"--protein", w.Protein, &m.Protein}, {"--fat", w.Fat, &m.Fat}, {"--carbs", w.Carbs, &m.Carbs}} {
		if f.from == nil {
			continue
		}
		given++
		g, err := nutrition.FromGrams(*f.from)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, f.flag, err)
		}
		*f.to = g
	}
	switch given {
	case 0:
		return nil
	case 3:
		s.Targets = &m
		return nil
	default:
		return fault.New(fault.InvalidInput, "targets", "give --protein, --fat and --carbs together")
	}
}

func (w wishes) applyBody(s *user.Settings) error {
	if w.Weight == nil && w.Height == nil && w.Age == nil && w.Sex == nil && w.Activity == nil && w.Goal == nil {
		return nil
	}
	b := targets.Body{Activity: targets.Light, Goal: targets.Maintain}
	if s.Body != nil {
		b = *s.Body
	}
	set(&b.WeightKG, w.Weight)
	set(&b.HeightCM, w.Height)
	set(&b.Age, w.Age)
	set((*string)(&b.Sex), w.Sex)
	set((*string)(&b.Activity), w.Activity)
	set((*string)(&b.Goal), w.Goal)
	if err := b.Validate(); err != nil {
		return fault.Wrap(fault.InvalidInput, "body", err)
	}
	s.Body = &b
	return nil
}

type userAddCmd struct {
	settings
	ID string `arg:"" help:"Id: a-z, 0-9 and _; the only thing about a user that telemetry carries."`
	wishes
	Connection string           `default:"default" help:"Id of the recipe library; users may share one."`
	URL        string           `name:"tandoor-url" help:"Address of the library's Tandoor; needed the first time a connection is named." placeholder:"URL"`
	Token      secretbox.Secret `name:"tandoor-token" env:"TANDOOR_TOKEN" help:"API token with the scopes read (and write, for --write-back)." placeholder:"TOKEN"`
	WriteBack  bool             `help:"Write plans and groceries to Tandoor."`
	NoImport   bool             `help:"Do not fetch the recipes now."`
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
	return c.withApp(ctx, std, now, func(a *app.App) error {
		if err := c.store(ctx, a, u); err != nil {
			return err
		}
		target, source := u.Settings.Target(0)
		fmt.Fprintf(std.out, "added %s; daily target %s (%s)\n", u.ID, target, source)
		warn(std, u)
		if c.NoImport {
			return nil
		}
		return a.Sync.Ensure(ctx, c.Connection, progress(std.err))
	})
}

// store adds the user; with a URL the library is checked first, and stored together with
// the user. What is known of it and not given stays.
func (c *userAddCmd) store(ctx context.Context, a *app.App, u user.User) error {
	if c.URL == "" {
		return a.Users.Add(ctx, u, nil)
	}
	conn, err := a.Users.Connection(ctx, c.Connection)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	conn.ID, conn.URL, conn.Sealed = c.Connection, c.URL, a.SealTandoor(c.Connection, c.Token)
	conn.WriteBack = conn.WriteBack || c.WriteBack
	if err := a.CheckConnection(ctx, conn); err != nil {
		return err
	}
	return a.Users.AddWith(ctx, u, conn)
}

func warn(std *streams, u user.User) {
	target, _ := u.Settings.Target(0)
	weight := 0.0
	if u.Settings.Body != nil {
		weight = u.Settings.Body.WeightKG
	}
	warnings, _ := targets.Check(target, weight, u.Settings.Supervised) // a refusal was met before
	for _, w := range warnings {
		fmt.Fprintln(std.err, "note:", w)
	}
}

type userSetCmd struct {
	settings
	ID string `arg:"" help:"Id of the user."`
	wishes
}

// Run changes the user.
func (c *userSetCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		u, err := a.Users.Change(ctx, c.ID, c.apply)
		if err != nil {
			return err
		}
		target, source := u.Settings.Target(0)
		fmt.Fprintf(std.out, "%s: daily target %s (%s)\n", u.ID, target, source)
		warn(std, u)
		return nil
	})
}

type userListCmd struct{ settings }

// Run lists the users.
func (c *userListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		users, err := a.Users.List(ctx)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tEMAIL\tZONE\tPEOPLE\tLIBRARY\tTARGET\tENABLED")
		for _, u := range users {
			target, source := u.Settings.Target(0)
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s (%s)\t%t\n", u.ID, u.Email, u.TimeZone, u.People, u.Connection, target, source, u.Enabled)
		}
		return t.Flush()
	})
}

type userConnectCmd struct {
	settings
	ID string `arg:"" help:"Id of the user."`
}

// Run prints the link; the api role must be reachable at PUBLIC_URL.
func (c *userConnectCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		if _, err := a.Users.Get(ctx, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.out, "Open within an hour:\n%s\n", a.Links.Connect(c.ID))
		return err
	})
}

type userDisconnectCmd struct {
	settings
	ID string `arg:"" help:"Id of the user."`
}

// Run forgets the token.
func (c *userDisconnectCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error { return a.Users.SetFatSecret(ctx, c.ID, nil) })
}
