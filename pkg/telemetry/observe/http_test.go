package observe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

const secret = "SECRETTOKEN"

// everything is all that a span says.
func everything(s sdktrace.ReadOnlySpan) string {
	return fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status())
}

func TestServerSpansHoldNoTokens(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	var seen []string
	page := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, r.PathValue("token")+r.URL.Query().Get("oauth_verifier")+r.UserAgent()+string(body))
		w.WriteHeader(http.StatusNoContent)
	}
	mux.HandleFunc("GET /plan/{token}", page)
	mux.HandleFunc("POST /plan/{token}", page)
	mux.HandleFunc("GET /fatsecret/callback", page)
	for target, c := range map[string]struct{ route, seen string }{
		"GET /plan/" + secret:  {"/plan/{token}", secret + "agent"},
		"POST /plan/" + secret: {"/plan/{token}", secret + "agent" + secret},
		"GET /fatsecret/callback?oauth_token=" + secret + "&oauth_verifier=" + secret: {"/fatsecret/callback", secret + "agent"},
		"GET /plans/" + secret: {"", ""},
	} {
		b := setup(t)
		seen = nil
		method, address, _ := strings.Cut(target, " ")
		var body io.Reader = http.NoBody
		if method == http.MethodPost {
			body = strings.NewReader(secret)
		}
		req := httptest.NewRequestWithContext(t.Context(), method, address, body)
		req.RemoteAddr = "203.0.113.7:4711"
		req.Header.Set("User-Agent", "agent")
		req.Header.Set("X-Forwarded-For", "203.0.113.8")
		req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		observe.NewServer(mux, b.tracers, sdkmetric.NewMeterProvider()).ServeHTTP(httptest.NewRecorder(), req)

		if got := strings.Join(seen, ""); got != c.seen {
			t.Errorf("%s: the page saw %q, want %q", target, got, c.seen)
		}
		if n := len(b.spans.Ended()); n != 1 {
			t.Fatalf("%s: %d spans", target, n)
		}
		s := b.spans.Ended()[0]
		for _, private := range []string{secret, "203.0.113.", "agent"} {
			if strings.Contains(everything(s), private) {
				t.Errorf("%s: the span holds %s: %s", target, private, everything(s))
			}
		}
		set := attribute.NewSet(s.Attributes()...)
		if route, _ := set.Value("url.path"); route.AsString() != c.route {
			t.Errorf("%s: url.path = %q, want %q", target, route.AsString(), c.route)
		}
		if s.SpanKind() != trace.SpanKindServer || s.Parent().IsValid() || len(s.Links()) != 1 ||
			s.SpanContext().TraceID().String() == "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s: a stranger's trace was joined: parent %v, %d links", target, s.Parent(), len(s.Links()))
		}
	}
}

// What fails because its visitor went away is no server error; events reach who stays.
func TestVisitorsWhoGoAwayAreNoErrors(t *testing.T) {
	t.Parallel()
	mux, waits := http.NewServeMux(), make(chan struct{}, 1)
	mux.HandleFunc("GET /week", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Leaves") != "" {
			waits <- struct{}{}
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: 1")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	for _, c := range []struct {
		path, leaves string
		status       int64
		failed       bool
	}{{"/week", "", 500, true}, {"/week", "yes", 499, false}, {"/events", "yes", 200, false}} {
		b := setup(t)
		srv := httptest.NewServer(observe.NewServer(mux, b.tracers, sdkmetric.NewMeterProvider()))
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Leaves", c.leaves)
		if c.path == "/week" && c.leaves != "" {
			go func() { <-waits; leave() }()
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			if c.path == "/events" {
				got := make([]byte, 7)
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "data: 1" {
					t.Errorf("%s: got %q, %v", c.path, got, err)
				}
			}
			leave()
			_ = resp.Body.Close()
		}
		leave()
		srv.Close() // waits for the handler
		if n := len(b.spans.Ended()); n != 1 {
			t.Fatalf("%s: %d spans", c.path, n)
		}
		s := b.spans.Ended()[0]
		set := attribute.NewSet(s.Attributes()...)
		if got, _ := set.Value("http.response.status_code"); got.AsInt64() != c.status || (s.Status().Code == codes.Error) != c.failed {
			t.Errorf("%s, leaves %q: status %d, span %v; want %d, failed %t", c.path, c.leaves, got.AsInt64(), s.Status(), c.status, c.failed)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClientSpansHoldNoSignatures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rt := observe.NewTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("oauth_signature") != secret {
			t.Errorf("the upstream sees %s", r.URL)
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
	}), b.tracers, sdkmetric.NewMeterProvider(), func(*http.Request) string { return "fatsecret access_token" })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://up.example/access_token?oauth_signature="+secret, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	s := b.spans.Ended()[0]
	if s.Name() != "fatsecret access_token" || strings.Contains(everything(s), secret) || !strings.Contains(everything(s), "http://up.example/access_token") {
		t.Errorf("the span is %s", everything(s))
	}
}
