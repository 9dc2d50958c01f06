package diet

// Kind returns the kind of a name; none for plant.
func Kind(name string) Set {
	s, err := union(name)
	if err != nil {
		panic(err)
	}
	return s
}

// Read reads a file of origins, foods or names.
func Read(file, text string) error {
	_, err := readOrigins(file, text)
	return err
}

// ReadLacks reads a file of descriptions.
func ReadLacks(text string) error {
	_, err := readLacks(text)
	return err
}

// Carries returns what a name of the tables brings, without what it may hide.
func Carries(name string) Set { return table().Known()[name] }
