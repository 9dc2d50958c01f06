// Package phrase takes the names of ingredients apart, as people write them: "3 large
// garlic cloves, finely chopped (optional)" names garlic.
//
// A small grammar over closed vocabularies does it. Words that say how much, which size, how
// cut or in which state are left out until the rest is a name of the caller's table, and every
// other word must belong to such a name: a word that neither is a name nor stands in the
// vocabulary leaves the phrase unknown. Nothing is guessed from parts of words or from likeness.
//
// The vocabularies, data/<language>.csv, are edited by hand; docs/foods.md says how.
package phrase
