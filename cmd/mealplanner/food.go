package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

type foodCmd struct {
	Missing foodMissingCmd `cmd:"" help:"List the ingredients of a library that the tables lack, for who wants to add them."`
	Explain foodExplainCmd `cmd:"" help:"Say how ingredient lines are read: food, weight, macros, allergens, diets. Needs no database and no network."`
}

type foodExplainCmd struct {
	Line   []string `arg:"" optional:"" help:"Ingredient lines such as '2 garlic cloves, chopped'; without any, one a line from standard input."`
	Unit   string   `help:"The unit as it stands beside the food in Tandoor; the line is then amount and food." placeholder:"TEXT"`
	Note   string   `help:"The note as it stands beside the food in Tandoor." placeholder:"TEXT"`
	Recipe string   `help:"Explain the lines of a recipe instead, a file as Tandoor's API sends it." placeholder:"FILE"`
	JSON   bool     `name:"json" help:"Print one JSON object a line."`
}

// explanation is what the tables make of a line. What is not known is left out.
type explanation struct {
	Line         string    `json:"line"`
	Amount       *float64  `json:"amount,omitempty"`
	Unit         string    `json:"unit,omitempty"`
	Food         string    `json:"food,omitempty"`
	TableID      string    `json:"table_id,omitempty"`
	Grams        *float64  `json:"grams,omitempty"`
	Kcal         *float64  `json:"kcal,omitempty"`
	Protein      *float64  `json:"protein_g,omitempty"`
	Fat          *float64  `json:"fat_g,omitempty"`
	Carbs        *float64  `json:"carbs_g,omitempty"`
	Allergens    []string  `json:"allergens"`
	Classified   bool      `json:"classified"`
	UnknownWords []string  `json:"unknown_words,omitempty"`
	Diets        *[]string `json:"diets,omitempty"` // that the food fits; nil: it is not known
	Brings       string    `json:"-"`
}

// Run explains each line, in order.
func (c *foodExplainCmd) Run(std *streams) (err error) {
	pools := explaining{allergen.NewPool(nil), diet.NewPool(nil)}
	out := bufio.NewWriter(std.out)
	defer func() { err = errors.Join(err, out.Flush()) }() // of lines before a wrong one nothing is lost
	write := func(line string, i recipe.Ingredient) error { return c.write(out, pools.explain(line, i)) }
	switch {
	case c.Recipe != "" && (len(c.Line) > 0 || c.Unit != "" || c.Note != ""):
		return fault.New(fault.InvalidInput, "--recipe", "explains the lines of a file: give no lines, --unit or --note beside it")
	case c.Recipe != "":
		f, err := os.Open(c.Recipe)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--recipe", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		r, _, err := tandoor.Read(f)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--recipe "+c.Recipe, err)
		}
		for _, i := range r.Ingredients {
			if err := write(spoken(i), i); err != nil {
				return err
			}
		}
		return nil
	case len(c.Line) > 0:
		for _, line := range c.Line {
			i, err := c.ingredient(line)
			if err != nil {
				return err
			}
			if err := write(line, i); err != nil {
				return err
			}
		}
		return nil
	}
	lines := bufio.NewScanner(std.in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		i, err := c.ingredient(line)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, fmt.Sprintf("line %d", n), err)
		}
		if err := write(line, i); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fault.Wrap(fault.InvalidInput, "standard input", err)
	}
	return nil
}

// ingredient takes a line apart as an import does, or as the flags say.
func (c *foodExplainCmd) ingredient(line string) (recipe.Ingredient, error) {
	rest := strings.TrimLeft(line, "0123456789.,/½⅓⅔¼¾⅛ ")
	var names []string
	if c.Unit != "" {
		names = []string{rest} // what follows the amount is the food
	}
	p, err := grocery.ParseLine(line, names...)
	if err != nil {
		return recipe.Ingredient{}, fault.Wrap(fault.InvalidInput, "line", err)
	}
	i := recipe.Ingredient{Food: recipe.Food{Name: p.Name}, Note: strings.Join(strings.Fields(p.Note+" "+c.Note), " "), NoAmount: p.Amount == nil}
	if i.Food.Name == "" {
		i.Food.Name = rest
	}
	if p.Amount != nil {
		f, _ := new(big.Rat).Mul(p.Amount, big.NewRat(int64(recipe.One), 1)).Float64()
		i.Amount = recipe.Amount(f + 0.5)
	}
	if p.Each != nil {
		f, _ := p.Each.Amount.Float64()
		i.Note = strings.TrimSpace(fmt.Sprintf("%g %s each %s", f, p.Each.Unit, i.Note))
	}
	i.Unit = recipe.Unit{Name: p.Unit}
	if u, ok := units.Keyed(p.Unit); ok && u.Kind != units.Count {
		i.Unit = recipe.Unit{Name: u.One, Base: u.Key}
	}
	if c.Unit != "" {
		i.Unit = recipe.Unit{Name: c.Unit}
	}
	return i, nil
}

// explaining is what explanations are drawn from.
type explaining struct {
	allergens *allergen.Pool
	diets     *diet.Pool
}

func (x explaining) explain(line string, i recipe.Ingredient) explanation {
	contains, unknown := x.allergens.Line(i)
	e := explanation{Line: line, Unit: i.Unit.Name, Classified: len(unknown) == 0, UnknownWords: unknown, Allergens: []string{}}
	if s := contains.String(); s != "" {
		e.Allergens = strings.Split(s, ", ")
	}
	if brings, unknown := x.diets.Line(i); len(unknown) == 0 {
		fits := diet.Fits(brings)
		e.Diets, e.Brings = &fits, brings.String()
	}
	number := func(v float64) *float64 { return &v }
	if !i.NoAmount && i.Amount > 0 {
		e.Amount = number(float64(i.Amount) / float64(recipe.One))
	}
	l := food.Resolve(i)
	if l.Named {
		e.Food = l.Food.Name
		if e.Food == "" {
			e.Food = strings.ToLower(l.Food.Description)
		}
	}
	if l.Food.Known() {
		e.TableID = fmt.Sprintf("%05d", l.Food.NDB)
	}
	if !l.Weighed {
		return e
	}
	e.Grams = number(l.Mass.Grams())
	if l.Food.Known() {
		of := func(per100g float64) *float64 { return number(per100g * l.Mass.Grams() / 100) }
		e.Kcal, e.Protein, e.Fat, e.Carbs = of(l.Food.Energy.Kcal()), of(l.Food.Per100g.Protein.Grams()), of(l.Food.Per100g.Fat.Grams()), of(l.Food.Per100g.Carbs.Grams())
	}
	return e
}

// spoken is an ingredient as people say it.
func spoken(i recipe.Ingredient) string {
	var words []string
	if !i.NoAmount && i.Amount > 0 {
		words = append(words, fmt.Sprintf("%g", float64(i.Amount)/float64(recipe.One)))
	}
	for _, w := range []string{i.Unit.Name, i.Food.Name} {
		if w != "" {
			words = append(words, w)
		}
	}
	s := strings.Join(words, " ")
	if i.Note != "" {
		s += ", " + i.Note
	}
	return s
}

func (c *foodExplainCmd) write(out *bufio.Writer, e explanation) error {
	if c.JSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(e)
	}
	unless := func(s, none string) string {
		if s == "" {
			return none
		}
		return s
	}
	printf(out, "%s\n", e.Line)
	if e.Amount != nil {
		printf(out, "  amount     %s\n", strings.TrimSpace(fmt.Sprintf("%g %s", *e.Amount, e.Unit)))
	}
	printf(out, "  food       %s\n", unless(e.Food, "not in the table"))
	if e.TableID != "" {
		printf(out, "  table id   %s\n", e.TableID)
	}
	if e.Grams != nil {
		printf(out, "  weight     %.1f g\n", *e.Grams)
	}
	if e.Kcal != nil {
		printf(out, "  holds      %.0f kcal, %.1f g protein, %.1f g fat, %.1f g carbohydrate\n", *e.Kcal, *e.Protein, *e.Fat, *e.Carbs)
	} else if e.Food != "" && e.TableID == "" {
		printf(out, "  holds      no figures for this form of it\n")
	}
	defer e.writeDiets(out)
	if e.Classified {
		printf(out, "  allergens  %s\n", unless(strings.Join(e.Allergens, ", "), "none"))
		return nil
	}
	printf(out, "  allergens  unknown, since we do not know %q", e.UnknownWords)
	if len(e.Allergens) > 0 {
		printf(out, "; at least %s", strings.Join(e.Allergens, ", "))
	}
	printf(out, "\n")
	return nil
}

func (e explanation) writeDiets(out io.Writer) {
	switch {
	case e.Diets == nil:
		printf(out, "  diets      unknown\n")
	case e.Brings == "":
		printf(out, "  diets      %s\n", strings.Join(*e.Diets, ", "))
	case len(*e.Diets) == 0:
		printf(out, "  diets      none: brings %s\n", e.Brings)
	default:
		printf(out, "  diets      %s; brings %s\n", strings.Join(*e.Diets, ", "), e.Brings)
	}
}
