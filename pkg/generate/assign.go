package generate

// entry is one breakfast a day may take, by recipe, with the day's value. travel is the one of
// the class's shares that lunch and dinner add, share what the day adds in all.
type entry struct {
	rec    int32
	option int32
	travel int32
	share  int32
	value  value
}

// assigner finds the best distinct breakfasts for up to seven days. It is a scratch area:
// make one per search.
type assigner struct {
	column  []int32 // by recipe, 1-based, valid while stamp matches
	stamp   []int32
	current int32
	cost    [DaysPerWeek][DaysPerWeek * DaysPerWeek]value
	place   [DaysPerWeek][DaysPerWeek * DaysPerWeek]int32
	pick    [DaysPerWeek]int32 // the entry chosen per row, after solve
}

// newAssigner allows for a stand-in of a recipe on days that choose no breakfast.
func newAssigner(recipes int) *assigner {
	recipes += DaysPerWeek
	return &assigner{column: make([]int32, recipes), stamp: make([]int32, recipes)}
}

// solve assigns each row a different recipe at the least total, by shortest augmenting
// paths with potentials (the Hungarian method, in the order of [value]). Rows hold at most
// seven entries each. The total does not exist when no assignment does.
func (a *assigner) solve(rows [][]entry) value {
	n := len(rows)
	m := a.columns(rows)
	if m < n {
		return none
	}
	var u [DaysPerWeek + 1]value
	var v, least [DaysPerWeek*DaysPerWeek + 1]value
	var owner, way [DaysPerWeek*DaysPerWeek + 1]int
	for i := 1; i <= n; i++ {
		owner[0] = i
		free := 0
		var used [DaysPerWeek*DaysPerWeek + 1]bool
		for j := range m + 1 {
			least[j] = value{counts: 4 * noCounts}
		}
		for {
			used[free] = true
			row, next := owner[free], 0
			delta := value{counts: 4 * noCounts}
			for j := 1; j <= m; j++ {
				if used[j] {
					continue
				}
				if c := a.cost[row-1][j-1].sub(u[row]).sub(v[j]); c.less(least[j]) {
					least[j], way[j] = c, free
				}
				if least[j].less(delta) {
					delta, next = least[j], j
				}
			}
			for j := range m + 1 {
				if used[j] {
					u[owner[j]] = u[owner[j]].add(delta)
					v[j] = v[j].sub(delta)
				} else {
					least[j] = least[j].sub(delta)
				}
			}
			free = next
			if owner[free] == 0 {
				break
			}
		}
		for free != 0 {
			owner[free] = owner[way[free]]
			free = way[free]
		}
	}
	total := value{}
	for j := 1; j <= m; j++ {
		if i := owner[j]; i > 0 {
			if !a.cost[i-1][j-1].exists() {
				return none
			}
			total = total.add(a.cost[i-1][j-1])
			a.pick[i-1] = a.place[i-1][j-1]
		}
	}
	return total
}

// columns lays the rows out as a matrix over the recipes they name.
func (a *assigner) columns(rows [][]entry) int {
	a.current++
	m := 0
	for _, row := range rows {
		for i := range row {
			if rec := row[i].rec; a.stamp[rec] != a.current {
				a.stamp[rec] = a.current
				a.column[rec] = int32(m)
				m++
			}
		}
	}
	for i, row := range rows {
		for j := range m {
			a.cost[i][j] = none
		}
		for k := range row {
			at := a.column[row[k].rec]
			a.cost[i][at] = row[k].value
			a.place[i][at] = int32(k)
		}
	}
	return m
}
