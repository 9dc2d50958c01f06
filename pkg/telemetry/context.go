package telemetry

import (
	"context"
)

type contextKey int

const (
	userKey contextKey = iota
	jobKey
	componentKey
)

// WithUser puts the user's opaque id into the context, for every log line below.
func WithUser(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, userKey, id)
}

// WithJob puts the job's id into the context, for every log line below.
func WithJob(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, jobKey, id)
}

// WithComponent puts the component's name into the context, for every log line below.
func WithComponent(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, componentKey, name)
}

// UserFrom returns the user's id, or "".
func UserFrom(ctx context.Context) string { return fromContext(ctx, userKey) }

// JobFrom returns the job's id, or "".
func JobFrom(ctx context.Context) string { return fromContext(ctx, jobKey) }

func fromContext(ctx context.Context, k contextKey) string {
	s, _ := ctx.Value(k).(string)
	return s
}
