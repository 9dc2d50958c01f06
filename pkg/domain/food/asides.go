package food

import "github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"

// advising begin what a name says beside its food, in six languages: examples, shops, what else would do and what is
// kept for later. Allergens are read of the whole name: what stands here may hide one.
const advising = `such a[st]|like|preferably|prefer|e\.? ?g\.?|i\.? ?e\.?|for example|for instance|about|approx\.?|approximately|roughly|at least|depending|recommended|available|sold|found|look for|` +
	`sometimes|also|aka|known as|called|optional|or|if|not|plus|see|recipe|from|use[ds]?|i|we|my|our|your|any|homemade|store[- ]bought|reserve[ds]?|note|you|` +
	`z\. ?b\.?|zum beispiel|beispielsweise|am besten|vorzugsweise|ersatzweise|alternativ|je nach|oder|etwa|circa|ca\.?|siehe|evtl\.?|eventuell|ggf\.?|wer mag|nach belieben|` +
	`par exemple|p\. ?ex\.?|de préférence|préférence|environ|ou|facultatif|selon|voir|type|genre|comme|` +
	`ad esempio|per esempio|es\.|preferibilmente|tipo|oppure|o|facoltativo|por ejemplo|p\. ?ej\.?|preferiblemente|preferentemente|aproximadamente|opcional|` +
	`bijvoorbeeld|bijv\.?|bv\.?|bij voorkeur|liefst|ongeveer|of|optioneel|eventueel`

var (
	// bracket is an aside in brackets, or one that lost its end to an import.
	bracket = lazyregexp.New(`(?i)\s*[(\[]\s*(?:(?:` + advising + `)(?:[\s:][^()\[\]]*)?|\d+ ?(?:°|º|degrees)[^()\[\]]*)(?:[)\]]|$)`)
	// sized is a size or weight in brackets that a name begins with, inner what stands in brackets before the food.
	sized = lazyregexp.New(`^\s*\([^()]*\d[^()]*\)\s*`)
	inner = lazyregexp.New(`\s*\([^()]*\)(\s+\pL)`)
	// trailing is an aside that ends a name.
	trailing = lazyregexp.New(`(?i)(?:\s*[,;:–—-])?\s+(?:such a[st]|preferably|e\.g\.?|for example|for instance|recommended|available (?:at|in|from)|sometimes called|also (?:known|called)|` +
		`plus (?:additional|more|extra|(?:\d[\d/ .]*|a few|a little|some) ?[a-z]* (?:for|to))|z\. ?b\.|zum beispiel|beispielsweise|am besten|vorzugsweise|ersatzweise|par exemple|de préférence|` +
		`ad esempio|per esempio|preferibilmente|por ejemplo|preferiblemente|c/n|bijvoorbeeld|bij voorkeur)(?:[\s:].*)?$`)
)

// essentials are what may be left of a name that cannot be read whole, without what it says beside its food, the
// longest first: of "milk chocolate (such as Lindt)" and "(115 g) dark (bittersweet) chocolate" the chocolate.
func essentials(name string) []string {
	advised := trailing().ReplaceAllString(bracket().ReplaceAllString(name, ""), "")
	measured := sized().ReplaceAllString(advised, "")
	return []string{advised, measured, inner().ReplaceAllString(measured, "$1")}
}
