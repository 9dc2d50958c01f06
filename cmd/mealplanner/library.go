package main

import (
	"context"
	"io"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

type libraryCmd struct {
	Report  libraryReportCmd  `cmd:"" help:"Say what a user can plan from the library, what is left out and why, and which unknown foods to explain first."`
	Answer  libraryAnswerCmd  `cmd:"" help:"Say what a food of the library is that the tables do not know. The next plan counts with it; planned weeks lose what it forbids."`
	Answers libraryAnswersCmd `cmd:"" help:"List what was said of the library's foods, or every change of it."`
}

type libraryReportCmd struct {
	settings
	Who  string `name:"user" required:"" help:"Id of the user, whose allergies and diets count." placeholder:"USER"`
	Most int    `default:"20" help:"Recipes listed per reason, and unknown foods."`
	JSON bool   `name:"json" help:"Print everything as JSON."`
}

// Run prints the report.
func (c *libraryReportCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		r, _, err := a.Library.Report(ctx, c.Who)
		if err != nil {
			return err
		}
		if c.JSON {
			return output{}.value(std, r)
		}
		c.print(std.out, r)
		return nil
	})
}

func (c *libraryReportCmd) print(out io.Writer, r planner.Report) {
	printf(out, "%s in the library of %s\n", counted(r.Recipes, "recipe"), c.Who)
	for _, m := range recipe.Meals {
		printf(out, "  %4d for %s\n", r.Usable[m], m)
	}
	for _, l := range r.LeftOut {
		printf(out, "\n%s left out: each %s\n", counted(len(l.Recipes), "recipe"), l.Reason)
		for _, d := range l.Recipes[:min(c.Most, len(l.Recipes))] {
			printf(out, "  %d %s %s\n", d.ID, d.Name, d.Why)
		}
		if more := len(l.Recipes) - c.Most; more > 0 {
			printf(out, "  and %d more (--most, --json)\n", more)
		}
	}
	if len(r.Unknown) == 0 {
		return
	}
	are := "are"
	if len(r.Unknown) == 1 {
		are = "is"
	}
	printf(out, "\n%s %s not known. Those whose answer alone would free most recipes first:\n", counted(len(r.Unknown), "ingredient"), are)
	t := newTable(out)
	t.row("FREES", "RECIPES", "INGREDIENT")
	for _, f := range r.Unknown[:min(c.Most, len(r.Unknown))] {
		t.row(f.Frees, f.Recipes, f.Name)
	}
	_ = t.Flush() // to a buffer or a terminal, like the lines before
	first := shellWord(r.Unknown[0].Name)
	printf(out, "\nSay what one is:    mealplanner library answer %s --user %s --is 'cream cheese'\n", first, c.Who)
	if slices.ContainsFunc(r.LeftOut, func(l planner.LeftOut) bool { return l.Reason == planner.NoOrigin }) {
		printf(out, "or that it is none: mealplanner library answer %s --user %s --ignore\n", first, c.Who)
		printf(out, "What it holds of allergens (--contains) says nothing of diets.\n")
		return
	}
	printf(out, "or what it holds:   mealplanner library answer %s --user %s --contains milk,nuts   (or --contains nothing)\n", first, c.Who)
	printf(out, "or that it is none: mealplanner library answer %s --user %s --ignore\n", first, c.Who)
}

// shellWord quotes a name of others for a shell, which expands nothing in it.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// whose names a library by itself or by somebody who cooks from it.
type whose struct {
	Connection string `help:"Id of the library's connection." placeholder:"CONNECTION" xor:"whose"`
	Who        string `name:"user" help:"Id of a user who cooks from the library." placeholder:"USER" xor:"whose"`
}

func (w whose) connection(ctx context.Context, a *app.Services) (string, error) {
	switch {
	case w.Connection != "":
		c, err := a.Users.Connection(ctx, w.Connection)
		return c.ID, err
	case w.Who != "":
		u, err := a.Users.Get(ctx, w.Who)
		return u.Connection, err
	default:
		return "", fault.New(fault.InvalidInput, "library", "say which: give --user or --connection")
	}
}

type libraryAnswerCmd struct {
	settings
	whose
	Food     string   `arg:"" help:"The food as the report names it."`
	Is       string   `help:"It is this food of the tables: its figures, allergens and diets count." placeholder:"FOOD" xor:"what"`
	Contains []string `help:"It contains these allergens and no others; 'nothing' for none. Its figures stay unknown, and of diets its name alone tells." placeholder:"ALLERGEN" xor:"what"`
	Ignore   bool     `help:"It is nothing to eat." xor:"what"`
	Forget   bool     `help:"Take back what was said of it." xor:"what"`
}

// Run stores or takes back an answer.
func (c *libraryAnswerCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	a := recipe.Answer{Food: c.Food, Is: c.Is, Ignored: c.Ignore, Told: len(c.Contains) > 0}
	if len(c.Contains) != 1 || !strings.EqualFold(c.Contains[0], "nothing") {
		a.Contains = c.Contains
	}
	if c.Is == "" && !a.Told && !c.Ignore && !c.Forget {
		return fault.New(fault.InvalidInput, "library answer", "say what it is: give --is, --contains, --ignore or --forget")
	}
	return c.withApp(ctx, std, now, func(s *app.Services) error {
		connection, err := c.connection(ctx, s)
		if err != nil {
			return err
		}
		became := "forgotten"
		if c.Forget {
			err = s.Recipes.TakeBack(ctx, connection, c.Food, operator())
		} else {
			became = said(a)
			err = s.Library.Answer(ctx, connection, a, operator())
		}
		if err != nil {
			return err
		}
		printf(std.out, "%s: %s\n", c.Food, became)
		return amendAll(ctx, s, std.out)
	})
}

// operator is who gives commands, for the record.
func operator() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "command line"
}

// said is an answer in words.
func said(a recipe.Answer) string {
	switch {
	case a.Ignored:
		return "nothing to eat"
	case a.Is != "":
		return "is " + a.Is
	case len(a.Contains) == 0:
		return "contains no allergen"
	default:
		return "contains " + strings.Join(a.Contains, ", ")
	}
}

type libraryAnswersCmd struct {
	settings
	output
	whose
	History bool `help:"Every answer that was given, changed or taken back, newest first."`
	Limit   int  `default:"20" help:"How many changes, 1 to 1000, with --history."`
}

// Run lists answers.
func (c *libraryAnswersCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	return c.withApp(ctx, std, now, func(s *app.Services) error {
		connection, err := c.connection(ctx, s)
		if err != nil {
			return err
		}
		if c.History {
			changes, err := s.Recipes.AnswerChanges(ctx, connection, c.Limit)
			if err != nil {
				return err
			}
			l := newListing("nothing was ever said of a food", "at", "by", "food", "was", "became")
			words := func(a *recipe.Answer) shown {
				if a == nil {
					return shown{nil, "-"}
				}
				return shown{said(*a), said(*a)}
			}
			for _, h := range changes {
				l.add(h.At, h.By, h.Food, words(h.Was), words(h.Became))
			}
			return c.list(std, l)
		}
		answers, err := s.Recipes.Answers(ctx, connection)
		if err != nil {
			return err
		}
		l := newListing("nothing was said of a food (mealplanner library report)", "food", "answer", "is", "contains", "ignored")
		for _, a := range answers {
			l.add(a.Food, said(a), a.Is, slices.Clip(a.Contains), a.Ignored)
		}
		return c.list(std, l)
	})
}
