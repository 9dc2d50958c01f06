// Package generate is the generation engine: it solves the weekly selection problem of
// docs/solve-contract.md exactly. "The contract" in this package is that page, and rules
// go by its numbers. All arithmetic is on integers, so the same problem gives the same plan on
// every machine.
//
// How it works. Days with the same target and the same options form a class. For a lunch and a
// dinner a class knows the best portions with every breakfast, found through a grid over
// the breakfast portions that may complete a day in band. Lunch and dinner pairs of the odd and
// of the even days get a lower bound each; promising pairs are refined, which assigns their
// days different breakfasts at the least total, and pairs of pairs are combined in the order
// of their bounds until none can beat the best week. Weeks with every day in band as far as
// each can be are looked at first; only if there is none are days out of band admitted.
//
// With batch_portions same, each recipe with each number of servings is an alternating recipe of
// its own. Counts are kept in a tally: each pair, and each way in which breakfasts and travel
// dishes may add to the counts on its days, has a span of what it adds. Pairs of equal spans
// form a bundle, so that two bundles have one bound of what their weeks miss. Where a recipe may be counted on
// two days, the days are divided by their dishes until nothing is left open.
package generate
