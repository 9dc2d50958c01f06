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

// SolveDividing is Solve with a limit of its own on the patterns of a pair.
func SolveDividing(p Problem, patterns int) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	m := newModel(&p, DefaultEffort)
	m.patterns = patterns
	return m.solve(Options{Effort: DefaultEffort})
}
