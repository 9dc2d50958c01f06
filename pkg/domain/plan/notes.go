package plan

import "github.com/mealplanner/mealplanner/pkg/domain/message"

// OutdatedNote heads the notes of a plan that is read while it is outdated.
var OutdatedNote = message.Textf("Do not cook from this plan: your settings changed, and the meals below were not checked against them yet.")

// AllergyNote says what allergic people must still look at.
var AllergyNote = message.Textf("Recipes with your allergens, or with something in them that we cannot classify, were left out. Traces (\"may contain\") are beyond what we can see.")

// DietNote says what people on a diet must still look at.
func DietNote(diets ...string) message.Text {
	return message.Textf("Recipes that are not %v, or that have something in them of which we cannot tell, were left out. Processing aids are beyond what we can see.", message.Words(diets))
}

// LeanNote warns of days with far too little energy.
func LeanNote(days ...message.Text) message.Text {
	return message.Textf("Too little energy on %v: less than 80 %% of the target. Eat something more on these days, or change the targets or the library.", message.List(days...))
}

// HelpsMost says which macro of a week binds, which meal, of how much protein, fat and carbs, would
// cure most, and on how many more days.
func HelpsMost(macroMealFiguresDays ...any) message.Text {
	return message.Textf("What misses its target most often is %v. What would help most: a %v with about %s protein, %s fat and %s carbs a serving, which would bring %v on target.", macroMealFiguresDays...)
}

// Warns reports whether a note is about health, and must be seen by whoever sees the plan.
func Warns(note message.Text) bool {
	return note.Is(OutdatedNote) || note.Is(AllergyNote) || note.Is(DietNote()) || note.Is(LeanNote())
}
