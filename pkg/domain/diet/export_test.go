package diet

// Kind returns the kind of a name; none for plant.
func Kind(name string) Set {
	s, err := union(name)
	if err != nil {
		panic(err)
	}
	return s
}
