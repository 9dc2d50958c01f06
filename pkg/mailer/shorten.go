package mailer

import (
	"slices"
	"unicode/utf8"
)

// shortName is how many characters of a name are kept where space is short.
const shortName = 40

func whole(v weekView) weekView { return v }

// withShortNames cuts the names of dishes, foods and aisles, and all remarks, to a line.
func withShortNames(v weekView) weekView {
	v.Days = slices.Clone(v.Days)
	for i := range v.Days {
		v.Days[i].Meals = slices.Clone(v.Days[i].Meals)
		for m := range v.Days[i].Meals {
			v.Days[i].Meals[m].Name = cut(v.Days[i].Meals[m].Name, shortName)
		}
	}
	v.Cooking = slices.Clone(v.Cooking)
	for i := range v.Cooking {
		v.Cooking[i].Name = cut(v.Cooking[i].Name, shortName)
	}
	v.Sections = slices.Clone(v.Sections)
	for i := range v.Sections {
		v.Sections[i].Name = cut(v.Sections[i].Name, shortName)
		v.Sections[i].Lines = slices.Clone(v.Sections[i].Lines)
		for l := range v.Sections[i].Lines {
			v.Sections[i].Lines[l].Name = cut(v.Sections[i].Lines[l].Name, shortName)
		}
	}
	const remark = 10 * shortName
	v.Pantry, v.Preheader = cut(v.Pantry, remark), cut(v.Preheader, remark)
	v.Notes = slices.Clone(v.Notes)
	for i := range v.Notes {
		v.Notes[i] = cut(v.Notes[i], remark)
	}
	return v
}

// withListOnPage also leaves the shopping list to the plan's page.
func withListOnPage(v weekView) weekView {
	v = withShortNames(v)
	v.Sections, v.ListOnPage = nil, true
	return v
}

// cut keeps the first n characters, the last of which becomes an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
