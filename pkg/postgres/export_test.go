package postgres

import "context"

// Leads reports whether this process was the leader when it last looked.
func (l *Leader) Leads() bool { return l.leads.Load() }

// Pending counts the mails not sent and not given up.
func (o *Outbox) Pending(ctx context.Context) (n int, err error) {
	err = o.pool.QueryRow(ctx, "select count(*) from outbox where status = 'pending'").Scan(&n)
	return n, err
}
