package recipe

import "bytes"

// Connection is a recipe library that users plan from: its address and the token that opens it.
type Connection struct {
	ID           string
	URL          string
	Sealed       []byte            // the token, encrypted
	KeywordMeals map[string][]Meal // what keywords of the library mean, besides those named like meals
	Supermarket  string            // whose order of aisles counts; "" = the first one's
	WriteBack    bool              // write plans and groceries to it
	Invited      bool              // its address is what an invited person typed
}

// SameLibrary reports whether two connections have one address and one token.
func (c Connection) SameLibrary(o Connection) bool {
	return c.URL == o.URL && bytes.Equal(c.Sealed, o.Sealed)
}
