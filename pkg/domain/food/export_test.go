package food

// Why returns what column why of data/foods.csv says of the i-th food.
func Why(i int) string { return curated().why[i] }

// ReadFoods reads a table and returns its names, derived forms included, each with the
// food it means.
func ReadFoods(file string) (map[string]string, error) {
	t, err := readFoods(file)
	names := map[string]string{}
	for n, i := range t.byName {
		names[n] = t.foods[i].Name
	}
	return names, err
}

// Pours is data/pours.txt.
func Pours() map[string]bool { return pours() }

// FDC is data/fdc.csv.
func FDC() map[int64]string { return fdc() }
