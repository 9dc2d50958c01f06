package generate

// SolveWithin is Solve with a budget of work units in place of an effort.
func SolveWithin(p Problem, budget int64) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	m := newModel(&p, DefaultEffort)
	m.work.budget = budget
	return m.solve(Options{Effort: DefaultEffort})
}
