package postgres_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// What the spans of real statements say, by OpenTelemetry's names.
func TestSpansOfStatements(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: testpg.URL(t), Pool: "test", MaxConns: 1, Spans: tracers})
	must(t, err)
	t.Cleanup(pool.Close)
	ctx, root := tracers.Tracer("test").Start(t.Context(), "root")
	defer root.End()

	const counted = "-- name: CountUsers :one\nselect n from generate_series(1, 3) n where n < $1"
	rows, err := pool.Query(ctx, counted, 3)
	must(t, err)
	_, err = pgx.CollectRows(rows, pgx.RowTo[int])
	must(t, err)
	_, err = pool.Exec(ctx, "with old as (select 1) update users set updated_at = now() where id = $1", "nobody@example.org")
	must(t, err)
	if _, err = pool.Exec(ctx, "select 1 / $1::int", 0); err == nil {
		t.Fatal("divided by zero")
	}
	batch := &pgx.Batch{}
	batch.Queue("update users set updated_at = updated_at where false")
	must(t, pool.SendBatch(ctx, batch).Close())

	server := map[attribute.Key]any{
		"db.system.name": "postgresql", "server.address": pool.Config().ConnConfig.Host, "server.port": int64(pool.Config().ConnConfig.Port),
		"db.namespace": pool.Config().ConnConfig.Database,
	}
	for _, want := range []struct {
		text    string
		has     map[attribute.Key]any
		hasNot  []attribute.Key
		failure bool
	}{
		{counted, map[attribute.Key]any{"db.query.summary": "count_users", "db.operation.name": "SELECT", "db.response.returned_rows": int64(2)}, []attribute.Key{"pgx.rows_affected", "error.type"}, false},
		{"with old", map[attribute.Key]any{"db.query.summary": "other", "db.operation.name": "UPDATE", "pgx.rows_affected": int64(0)}, []attribute.Key{"db.response.returned_rows"}, false},
		{"select 1 /", map[attribute.Key]any{"db.operation.name": "SELECT", "db.response.status_code": "22012", "error.type": "22012"}, []attribute.Key{"pgx.sql_state", "db.response.returned_rows"}, true},
		{"update users", map[attribute.Key]any{"db.query.summary": "update", "db.operation.name": "UPDATE"}, []attribute.Key{"error.type"}, false},
	} {
		found := false
		for _, s := range spans.Ended() {
			attrs := attribute.NewSet(s.Attributes()...)
			text, _ := attrs.Value("db.query.text")
			if _, prepare := attrs.Value("pgx.prepare_stmt.name"); prepare || !strings.HasPrefix(text.AsString(), want.text) {
				continue
			}
			found = true
			maps.Copy(want.has, server)
			for k, v := range want.has {
				if got, ok := attrs.Value(k); !ok || got.AsInterface() != v {
					t.Errorf("%s: %s is %v, want %v", want.text, k, got.AsInterface(), v)
				}
			}
			for _, k := range want.hasNot {
				if attrs.HasValue(k) {
					t.Errorf("%s has %s", want.text, k)
				}
			}
			for _, kv := range s.Attributes() {
				if strings.Contains(kv.Value.String(), "nobody@") {
					t.Errorf("%s: the parameter is in %s", want.text, kv.Key)
				}
			}
			if (s.Status().Code == codes.Error) != want.failure {
				t.Errorf("%s: status %v", want.text, s.Status())
			}
		}
		if !found {
			t.Errorf("no span of %s", want.text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
