package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a user, and the recipe library they cook from."`
	List userListCmd `cmd:"" default:"1" help:"List the users."`
	Show userShowCmd `cmd:"" help:"Show all settings of a user."`
	Set  userSetCmd  `cmd:"" help:"Change a user; omitted flags keep their value."`
	Demo userDemoCmd `cmd:"" help:"Add the demo users of a running sandbox and plan their first week; existing ones stay."`

	Export userExportCmd `cmd:"" help:"Print everything stored about a user, as JSON."`
	Delete userDeleteCmd `cmd:"" help:"Delete a user and everything stored about them; without --yes only show what that is."`

	Connect    userConnectCmd    `cmd:"" help:"Print the link by which a user connects their FatSecret account."`
	Disconnect userDisconnectCmd `cmd:"" help:"Forget a user's FatSecret account."`
}

// wishes are the flags that add and set share. A nil pointer was not given.
type wishes struct {
	Email     *string  `help:"Where the plans go." placeholder:"ADDRESS"`
	Name      *string  `help:"How mails address the user."`
	Zone      *string  `name:"time-zone" help:"IANA time zone, e.g. Europe/Berlin." placeholder:"ZONE"`
	People    *int     `help:"Household size; scales the shopping list." placeholder:"N"`
	Protein   *float64 `help:"Daily grams of protein (with --fat and --carbs)." placeholder:"G" group:"Targets"`
	Fat       *float64 `help:"Daily grams of fat." placeholder:"G" group:"Targets"`
	Carbs     *float64 `help:"Daily grams of carbohydrate." placeholder:"G" group:"Targets"`
	Weight    *float64 `help:"Body weight; with the next five: computed targets." placeholder:"KG" group:"Targets"`
	Height    *float64 `help:"Height in cm." placeholder:"CM" group:"Targets"`
	Age       *int     `help:"Age in years, 18 or more." group:"Targets"`
	Sex       *string  `help:"female or male." group:"Targets"`
	Activity  *string  `help:"sedentary, light, moderate or active." group:"Targets"`
	Goal      *string  `help:"lose, maintain or gain." group:"Targets"`
	Allergens []string `help:"EU-14 groups. Lists take +x and -x, or =x,y to replace; none empties them: --allergens=+nuts,-milk." placeholder:"NAME"`
	Dislikes  []string `help:"Foods never to plan; their kinds count too." placeholder:"FOOD"`
	AvoidTags []string `help:"Recipe keywords never to plan." placeholder:"TAG"`
	Tolerance *int     `name:"tolerance-pct" help:"How far macros may be off target, 1 to 50 %." placeholder:"PCT"`
	Quick     *int     `name:"quick-minutes" help:"Longest preparation on a travel day." placeholder:"MIN"`
	PlanDay   *string  `help:"When the next week is planned, e.g. sunday." placeholder:"DAY"`
	PlanHour  *int     `help:"Hour, 0 to 23, in the user's time zone." placeholder:"HOUR"`
	Meals     []string `help:"Meals to plan: breakfast, lunch, dinner (default all)." placeholder:"MEAL"`
	Smallest  *float64 `name:"min-servings" help:"Smallest portion, in servings of the recipe." placeholder:"N"`
	Largest   *float64 `name:"max-servings" help:"Largest portion." placeholder:"N"`
	Doctor    *bool    `name:"supervised" help:"A doctor supervises it: targets below 800 kcal." negatable:"" group:"Targets"`
	Confirm   bool     `help:"Set targets beyond the safety limits." group:"Targets"`
	Rotation  *int     `name:"rotation-days" help:"Days before a dish returns to a meal." placeholder:"N"`
	Mails     []string `help:"Mail types to receive again, e.g. weekly_plan." placeholder:"TYPE"`
	Diary     *string  `help:"off, dry-run or write: whether meals confirmed as eaten go to the FatSecret diary." placeholder:"MODE"`
	Clicks    *bool    `name:"track-clicks" help:"Count followed links; only if the user agrees." negatable:""`
	Opens     *bool    `name:"track-opens" help:"Count opened mails; only if the user agrees." negatable:""`
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
	set(&u.Settings.TrackClicks, w.Clicks)
	for _, l := range []struct {
		flag string
		to   *[]string
		from []string
	}{{"--allergens", &u.Settings.Allergens, w.Allergens}, {"--dislikes", &u.Settings.Dislikes, w.Dislikes}, {"--avoid-tags", &u.Settings.AvoidTags, w.AvoidTags}} {
		edited, err := user.Edit(*l.to, l.from)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, l.flag, err)
		}
		*l.to = edited
	}
	for _, t := range w.Mails {
		if !slices.Contains(mailTypes, t) {
			return unknown("--mails", "mail", t, mailTypes)
		}
	}
	u.Settings.NoMail = slices.DeleteFunc(u.Settings.NoMail, func(t string) bool { return slices.Contains(w.Mails, t) })
	for i, name := range u.Settings.Allergens {
		a, err := allergen.Parse(name)
		if err != nil {
			return unknown("--allergens", "allergen", name, allergen.Names())
		}
		u.Settings.Allergens[i] = a.String()
	}
	set(&u.Settings.TolerancePct, w.Tolerance)
	set(&u.Settings.QuickMinutes, w.Quick)
	set(&u.Settings.Supervised, w.Doctor)
	if err := w.applyRhythm(&u.Settings); err != nil {
		return err
	}
	for _, s := range []struct {
		flag string
		to   *nutrition.Servings
		from *float64
	}{{"--min-servings", &u.Settings.MinServings, w.Smallest}, {"--max-servings", &u.Settings.MaxServings, w.Largest}} {
		if s.from == nil {
			continue
		}
		if !(*s.from >= 0.05 && *s.from <= 10) {
			return fault.New(fault.InvalidInput, s.flag, "%g is not between 0.05 and 10", *s.from)
		}
		*s.to = nutrition.Servings(math.Round(*s.from * float64(nutrition.OneServing)))
	}
	if err := w.applyTargets(&u.Settings); err != nil {
		return err
	}
	if err := w.applyBody(&u.Settings); err != nil {
		return err
	}
	return w.safe(u.Settings)
}

// applyRhythm sets what is planned when.
func (w wishes) applyRhythm(s *user.Settings) error {
	if w.PlanDay != nil || w.PlanHour != nil {
		day, hour := s.PlanTime()
		s.PlanDay, s.PlanHour = user.Weekdays[day], hour
	}
	if w.PlanDay != nil {
		s.PlanDay = strings.ToLower(*w.PlanDay)
		if !slices.Contains(user.Weekdays, s.PlanDay) {
			return unknown("--plan-day", "weekday", *w.PlanDay, user.Weekdays)
		}
	}
	set(&s.PlanHour, w.PlanHour)
	if w.Meals == nil {
		return nil
	}
	s.Meals = nil
	for _, name := range w.Meals {
		m, err := recipe.ParseMeal(name)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--meals", err)
		}
		s.Meals = append(s.Meals, m)
	}
	slices.Sort(s.Meals)
	if s.Meals = slices.Compact(s.Meals); len(s.Meals) == len(recipe.Meals) {
		s.Meals = nil
	}
	return nil
}

// safe refuses targets beyond the limits that nobody confirmed, when these flags set them.
func (w wishes) safe(s user.Settings) error {
	if w.Confirm || w.Protein == nil && w.Fat == nil && w.Carbs == nil && w.Weight == nil && w.Height == nil && w.Age == nil && w.Sex == nil && w.Activity == nil && w.Goal == nil {
		return nil
	}
	if warnings := warnings(s); len(warnings) > 0 {
		return fault.New(fault.InvalidInput, "targets", "%s: add --confirm if that is meant", strings.Join(warnings, "; "))
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (w wishes) applyTargets(s *user.Settings) error {
	given := 0
	var m nutrition.Macros
	if s.Targets != nil {
		m = *s.Targets
	}
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
	switch {
	case given == 0:
		return nil
	case given == 3 || s.Targets != nil:
		s.Targets = &m
		return nil
	default:
		return fault.New(fault.InvalidInput, "targets", "give --protein, --fat and --carbs together: none is set yet")
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
	return c.withApp(ctx, std, now, func(a *app.App) error {
		known, err := vocabularyOf(ctx, a, c.Connection)
		if err != nil {
			return err
		}
		imported := len(known.foods) > 0
		if imported {
			if err := known.check(user.Settings{}, &u.Settings); err != nil {
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
func (c *userAddCmd) meantNothing(ctx context.Context, std *streams, a *app.App, u user.User) error {
	known, err := vocabularyOf(ctx, a, c.Connection)
	if err != nil || len(known.foods) == 0 {
		return err
	}
	if err := known.check(user.Settings{}, &u.Settings); err != nil {
		printLine(std.err, "note:", err.Error(), "(it is stored: mealplanner user set", u.ID, "changes it)")
	}
	return nil
}

// store adds the user; with a URL the library is checked first, and stored together with
// the user. A connection that exists is never changed here.
func (c *userAddCmd) store(ctx context.Context, a *app.App, u user.User) error {
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
	conn = postgres.Connection{ID: c.Connection, URL: c.URL, Sealed: a.SealTandoor(c.Connection, c.Token), WriteBack: c.WriteBack}
	if err := a.CheckConnection(ctx, conn); err != nil {
		return err
	}
	return a.Users.AddWith(ctx, u, conn)
}

// announce says what the scheduler will mail to a new user, and how to change that.
func announce(w io.Writer, a *app.App, u user.User) error {
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
func warnings(s user.Settings) []string {
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
		printLine(std.err, "note:", w)
	}
}

type userSetCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
	wishes
	Connection *string `help:"Id of another recipe library to cook from: the planned weeks are replaced." placeholder:"CONNECTION"`
}

// Run changes the user, brings their planned weeks in line, and shows both.
func (c *userSetCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		before, err := a.Users.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		library := before.Connection
		set(&library, c.Connection)
		if _, err := a.Users.Connection(ctx, library); err != nil {
			return err
		}
		if err := a.Sync.Ensure(ctx, library, std.importing(now)); err != nil && c.Connection != nil {
			return err
		}
		known, err := vocabularyOf(ctx, a, library)
		if err != nil {
			return err
		}
		u, err := a.Users.Change(ctx, c.ID, func(u *user.User) error {
			before = *u
			before.Settings.Allergens = slices.Clone(u.Settings.Allergens)
			set(&u.Connection, c.Connection)
			if err := c.apply(u); err != nil {
				return err
			}
			return known.check(before.Settings, &u.Settings)
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
	})
}

type userShowCmd struct {
	settings
	output
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints every setting.
func (c *userShowCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
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
	return c.withApp(ctx, std, now, func(a *app.App) error {
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
	return c.withApp(ctx, std, now, func(a *app.App) error {
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
	return c.withApp(ctx, std, now, func(a *app.App) error { return a.Users.SetFatSecret(ctx, c.ID, nil) })
}

type userExportCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints the user's data.
func (c *userExportCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
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
	return c.withApp(ctx, std, now, func(a *app.App) error {
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
