package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Table runs one statement that reads and returns a header and at most most rows, as the server
// writes them; more says whether there were others. Kind InvalidInput: the server refused the
// statement.
func Table(ctx context.Context, pool *pgxpool.Pool, statement string, most int) (table [][]string, more bool, err error) {
	const op = "debug sql"
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, false, fault.Wrap(fault.DatabaseError, op, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := tx.Query(ctx, statement, pgx.QueryResultFormats{pgx.TextFormatCode})
	if err != nil {
		return nil, false, fault.Wrap(fault.InvalidInput, op, err)
	}
	defer rows.Close()
	var header []string
	for _, f := range rows.FieldDescriptions() {
		header = append(header, f.Name)
	}
	table = [][]string{header}
	for rows.Next() {
		if len(table) > most {
			return table, true, nil
		}
		line := make([]string, len(header))
		for i, v := range rows.RawValues() {
			line[i] = string(v)
		}
		table = append(table, line)
	}
	return table, false, fault.Wrap(fault.InvalidInput, op, rows.Err())
}
