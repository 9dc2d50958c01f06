package postgres

// Leads reports whether this process was the leader when it last looked.
func (l *Leader) Leads() bool { return l.leads.Load() }
