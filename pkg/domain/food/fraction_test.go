package food_test

import "testing"

// A fraction of the note whose end became the amount, marks of footnotes, and weights that notes state.
func TestFractionsOfNotes(t *testing.T) {
	t.Parallel()
	weighs(t, []weighed{
		{2, "cup", "sugar for coating", "1/3-1/", "sugar", 83.8},
		{2, "cup", "¾ cup sugar", "can reduce to 1/3 - 1/ for a less sweet version", "sugar", 150.8},
		{4, "cup", "walnuts", "1/ (1 oz/30 g) coarsely chopped", "walnut", 26.5},
		{4, "cups", "a 15-ounce container ricotta", "about 1 3/", "ricotta", 425},
		{2, "tsp", "Sea salt", "to taste, plus 1/.", "salt", 3},
		{2, "inch", "Four 12-ounce rib-eye steaks", "about 1 1/ thick", "rib eye steak", 1361},
		{3, "cups*", "rice", "", "white rice", 555},
		{2, "cups", "sugar", "about 1/)", "sugar", 100.5},
		{2, "cups", "sugar", "1/ or so", "sugar", 402},
		{2, "cups", "sugar", "sift 1/ of it", "sugar", 402},
		{2, "pounds", "beef", "1 1/2-inch, cut 1/", "stewing beef", 907},
		{2, "pounds", "beef", "cut 1/ thick", "stewing beef", 907},
		{2, "cups", "flour", "w/ bran", "plain flour", 251},
		{1, "wild", "coho salmon", "about 1½ lbs", "salmon", 680},
		{1, "medium", "butternut squash", "1¾ lb.", "butternut squash", 794},
		{2, "whole", "skinless boneless chicken breasts (about 1-1/2 pounds)", "halved", "chicken breast", 680},
		{4, "", "salmon fillets", "6 to 8 oz each", "salmon", 794},
		{4, "", "6-to 8-ounce salmon fillets", "", "salmon", 794},
		{1, "", "1/2-3 3/4-pound boneless pork shoulder", "", "pork shoulder", 1701},
		{1, "", "13-to 14-ounce can unsweetened coconut milk", "", "coconut milk", 383},
		{4, "", "salmon fillets", "6-8 ounces each", "salmon", 794},
		{5, "kg", "ca. 1", "varkenshaas", "pork tenderloin", 1500},
		{5, "l", "1", "melk", "milk", 1545},
		{1, "", "whole chicken", "3-1/2 pounds", "whole chicken", 1588},
	})
}

// A half, a quarter or a wedge is no whole one, in every language, and a small kind is not the common one.
func TestShares(t *testing.T) {
	t.Parallel()
	weighs(t, []weighed{
		{4, "", "peach halves", "", "peach", 300},
		{4, "", "helften perzik", "", "peach", 300},
		{2, "", "metà di pesca", "", "peach", 150},
		{2, "", "mitades de melocotón", "", "peach", 150},
		{1, "", "quartier de pomme", "", "apple", 45},
		{2, "", "Spalten Apfel", "", "apple", 45},
		{4, "", "parten appel", "", "apple", 90},
		{1, "", "kwart ui", "", "onion", 27.5},
		{1, "", "quarter onion", "", "onion", 27.5},
		{6, "", "lemon wedges", "", "lemon", 72},
		{200, "g", "tomato wedges", "", "tomato", 200},
		{4, "", "peaches cut in halves", "", "peach", 600},
		{1, "", "red onion, wedges", "", "red onion", 110},
		{1, "", "red onion wedges", "", "red onion", 110},
		{1, "", "cauliflower wedges", "", "cauliflower", 600},
		{0.5, "", "half onion", "", "onion", 55},
		{1, "", "onion", "wedges", "onion", 110},
		{6, "", "red potatoes, wedges", "", "potato", 1020},
		{2, "", "Zwiebeln in Spalten", "", "onion", 220},
		{4, "", "Tomaten in Spalten", "", "tomato", 492},
		{2, "", "citrons en quartiers", "", "lemon", 168},
		{2, "", "limoni a metà", "", "lemon", 168},
		{2, "", "cebollas en cuartos", "", "onion", 220},
		{2, "", "limones por la mitad", "", "lemon", 168},
		{12, "", "obleas para empanadillas", "", "shortcrust pastry", 204},
		{6, "", "Nürnberger Bratwürstchen", "", "bratwurst", 144},
		{2, "", "cuisses de lapin", "", "rabbit", 400},
		{4, "", "kippebouten", "", "chicken drumstick", 880},
	})
}
