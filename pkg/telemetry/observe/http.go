package observe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The attributes of an HTTP span that may hold more than a route.
const (
	routeAttr   = attribute.Key("http.route")
	pathAttr    = attribute.Key("url.path")
	fullURLAttr = attribute.Key("url.full")
)

type requestKey struct{}

// NewServer wraps a mux with a server span and the http.server metrics. Paths and queries
// of the pages hold signed tokens, so the instrumentation sees a request without them and
// without the visitor's address and headers; the span carries the route's pattern in
// their place. A visitor's trace becomes a link, never the parent. What fails because the
// visitor went away is told as such, and not as an error of ours.
func NewServer(mux http.Handler, tp trace.TracerProvider, mp metric.MeterProvider) http.Handler {
	traced := otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		full := r.Context().Value(requestKey{}).(*http.Request).WithContext(r.Context())
		full.Body = r.Body // counts what is read
		mux.ServeHTTP(&answer{ResponseWriter: w, request: r}, full)
		r.Pattern, r.MultipartForm = full.Pattern, full.MultipartForm // for the metrics and the clean-up
		if route := routeOf(full); route != "" {
			trace.SpanFromContext(r.Context()).SetAttributes(routeAttr.String(route), pathAttr.String(route))
		}
	}), "http",
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bare := r.WithContext(context.WithValue(r.Context(), requestKey{}, r))
		bare.URL, bare.RequestURI, bare.RemoteAddr, bare.Header = &url.URL{}, "", "", http.Header{}
		for _, k := range (propagation.TraceContext{}).Fields() {
			if v := r.Header.Get(k); v != "" {
				bare.Header.Set(k, v)
			}
		}
		traced.ServeHTTP(w, bare)
	})
}

// statusGone is what proxies say of a client that closed the request.
const statusGone = 499

// answer tells what nobody waits for any longer from what failed: a statement that ends with
// its visitor's request looks like a fault of the database.
type answer struct {
	http.ResponseWriter
	request *http.Request
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusInternalServerError && errors.Is(a.request.Context().Err(), context.Canceled) {
		status = statusGone
	}
	a.ResponseWriter.WriteHeader(status)
}

// Flush implements [http.Flusher], for events.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() } // the server's can

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// routeOf is the path of the pattern that the mux chose, without its method.
func routeOf(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return r.Pattern
}

// NewTransport wraps a transport with a client span named by name and the http.client
// metrics. The span's address has no query: OAuth puts its signature there.
func NewTransport(base http.RoundTripper, tp trace.TracerProvider, mp metric.MeterProvider, name func(*http.Request) string) http.RoundTripper {
	return otelhttp.NewTransport(withoutQuery{base},
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return name(r) }))
}

type withoutQuery struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t withoutQuery) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.RawQuery != "" {
		u := *r.URL
		u.User, u.RawQuery = nil, ""
		trace.SpanFromContext(r.Context()).SetAttributes(fullURLAttr.String(u.String()))
	}
	return t.base.RoundTrip(r)
}
