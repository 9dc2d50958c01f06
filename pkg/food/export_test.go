package food

// Why returns what column why of data/foods.csv says of the i-th food.
func Why(i int) string { return curated().why[i] }

// ReadFoods reads a table, for tests of its errors.
func ReadFoods(file string) error {
	_, err := readFoods(file)
	return err
}
