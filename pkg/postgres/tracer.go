package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// newTracer returns otelpgx's tracer of connections to a server, whose spans follow
// OpenTelemetry's conventions. The role is not told: user.name is a person's.
func newTracer(c *pgx.ConnConfig, spans trace.TracerProvider, meters metric.MeterProvider) *otelpgx.Tracer {
	if spans == nil {
		spans = otel.GetTracerProvider()
	}
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(conventional{spans}), otelpgx.WithMeterProvider(meters),
		otelpgx.WithSpanNameCtxFunc(func(_ context.Context, sql string) string { return QueryName(sql) }),
		otelpgx.WithMetricOperationName(func(_ context.Context, sql string) string { return operation(sql) }),
		otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithTracerAttributes(semconv.ServerAddress(c.Host), semconv.ServerPort(int(c.Port)), semconv.DBNamespace(c.Database)),
	)
}

// conventional gives otelpgx's spans the attributes that the conventions have, where otelpgx
// has its own or a span's name in their place.
type conventional struct{ trace.TracerProvider }

// Tracer implements [trace.TracerProvider].
func (p conventional) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	return statementTracer{p.TracerProvider.Tracer(name, opts...)}
}

type statementTracer struct{ trace.Tracer }

// Start implements [trace.Tracer].
func (t statementTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	s := statementSpan{}
	begin := trace.NewSpanStartConfig(opts...)
	for _, kv := range begin.Attributes() {
		if kv.Key == semconv.DBQueryTextKey {
			s.operation = operation(kv.Value.AsString())
			opts = append(opts, trace.WithAttributes(semconv.DBQuerySummary(QueryName(kv.Value.AsString())), semconv.DBOperationName(s.operation)))
		}
	}
	ctx, s.Span = t.Tracer.Start(ctx, name, opts...) //nolint:spancheck // the caller's
	return trace.ContextWithSpan(ctx, s), s
}

type statementSpan struct {
	trace.Span
	operation string
}

// SetAttributes implements [trace.Span].
func (s statementSpan) SetAttributes(all ...attribute.KeyValue) {
	for _, kv := range all {
		switch {
		case kv.Key == otelpgx.SQLStateKey:
			kv.Key = semconv.DBResponseStatusCodeKey
		case kv.Key == otelpgx.RowsAffectedKey && s.operation == "SELECT":
			kv.Key = semconv.DBResponseReturnedRowsKey
		}
		s.Span.SetAttributes(kv)
	}
}

// RecordError implements [trace.Span].
func (s statementSpan) RecordError(err error, opts ...trace.EventOption) {
	kind := string(fault.KindOf(failed("", err)))
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		kind = pg.Code
	}
	s.Span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	s.Span.RecordError(err, opts...)
}

var (
	firstWord = lazyregexp.New(`^(?:\s|--[^\n]*)*(\w+)`)
	token     = lazyregexp.New(`--[^\n]*|[()]|\w+`)
)

// operation is a statement's command; that of a WITH stands behind its queries.
func operation(sql string) string {
	m := firstWord().FindStringSubmatch(sql)
	if m == nil {
		return "UNKNOWN"
	}
	first := strings.ToUpper(m[1])
	if first != "WITH" {
		return first
	}
	depth := 0
	for _, t := range token().FindAllString(sql, -1) {
		switch word := strings.ToUpper(t); word {
		case "(":
			depth++
		case ")":
			depth--
		case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE":
			if depth == 0 {
				return word
			}
		}
	}
	return first
}
