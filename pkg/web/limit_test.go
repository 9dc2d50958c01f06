package web_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/web"
)

// asker counts what comes through the limit of 8 requests a minute, 2 at once.
type asker struct {
	http.Handler
	now     time.Time
	through int
}

func newAsker(proxies ...string) *asker {
	a := &asker{now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	l := web.Limit{PerMinute: 8, Now: func() time.Time { return a.now }, Log: slog.New(slog.DiscardHandler)}
	for _, p := range proxies {
		l.Proxies = append(l.Proxies, netip.MustParsePrefix(p))
	}
	a.Handler = l.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { a.through++ }))
	return a
}

func (a *asker) ask(from string, forwarded ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/plan/x", http.NoBody)
	r.RemoteAddr = from
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestLimit(t *testing.T) {
	t.Parallel()
	a := newAsker()
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests, http.StatusTooManyRequests} {
		if got := a.ask("192.0.2.1:1000"); got.StatusCode != want {
			t.Fatalf("request %d: %s, want %d", i+1, got.Status, want)
		}
	}
	refused := a.ask("192.0.2.1:2000")
	after, err := strconv.Atoi(refused.Header.Get("Retry-After"))
	body, _ := io.ReadAll(refused.Body)
	if err != nil || after != 8 || !strings.Contains(string(body), "try again in 8 s") || refused.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("Retry-After %q: %s", refused.Header.Get("Retry-After"), body)
	}
	if got := a.ask("192.0.2.2:1000"); got.StatusCode != http.StatusOK {
		t.Errorf("another client: %s", got.Status)
	}
	a.now = a.now.Add(time.Duration(after) * time.Second)
	if got := a.ask("192.0.2.1:1000"); got.StatusCode != http.StatusOK {
		t.Errorf("after Retry-After: %s", got.Status)
	}
	if got := a.ask("192.0.2.1:1000"); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("once more: %s", got.Status)
	}
	if a.through != 4 {
		t.Errorf("%d requests came through", a.through)
	}
	if open := (web.Limit{}).Wrap(http.NotFoundHandler()); open == nil {
		t.Error("no handler without a limit")
	}
}

// Who asks is the client behind proxies that are trusted, and nobody else's word counts.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	const proxy, stranger = "10.0.0.1:443", "192.0.2.9:443"
	type request struct {
		from      string
		forwarded []string
	}
	cases := map[string]struct {
		a, b request
		same bool
	}{
		"two ports of one address":            {request{stranger, nil}, request{"192.0.2.9:5", nil}, true},
		"clients behind a proxy":              {request{proxy, []string{"198.51.100.1"}}, request{proxy, []string{"198.51.100.2"}}, false},
		"one client behind two proxies":       {request{proxy, []string{"198.51.100.1, 10.0.0.7"}}, request{"10.0.0.2:1", []string{"198.51.100.1"}}, true},
		"two headers":                         {request{proxy, []string{"198.51.100.1", "10.0.0.7"}}, request{proxy, []string{"198.51.100.1"}}, true},
		"what the client itself put in front": {request{proxy, []string{"203.0.113.5, 198.51.100.1"}}, request{proxy, []string{"203.0.113.6, 198.51.100.1"}}, true},
		"a stranger's word":                   {request{stranger, []string{"198.51.100.1"}}, request{stranger, []string{"198.51.100.2"}}, true},
		"a stranger who names a proxy":        {request{stranger, []string{"10.0.0.1"}}, request{stranger, []string{"10.0.0.2"}}, true},
		"nonsense from a proxy":               {request{proxy, []string{"unknown"}}, request{proxy, []string{"_hidden"}}, true},
		"no word from a proxy":                {request{proxy, nil}, request{proxy, []string{""}}, true},
		"one IPv6 network":                    {request{"[2001:db8::1]:1", nil}, request{"[2001:db8::ffff:2]:1", nil}, true},
		"two IPv6 networks":                   {request{"[2001:db8:0:1::1]:1", nil}, request{"[2001:db8:0:2::1]:1", nil}, false},
		"IPv4 as IPv6":                        {request{"[::ffff:192.0.2.9]:1", nil}, request{stranger, nil}, true},
		"a zone":                              {request{"[fe80::1%eth0]:1", nil}, request{"[fe80::1%eth1]:1", nil}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAsker("10.0.0.0/8")
			a.ask(c.a.from, c.a.forwarded...)
			a.ask(c.a.from, c.a.forwarded...)
			if got := a.ask(c.b.from, c.b.forwarded...).StatusCode == http.StatusTooManyRequests; got != c.same {
				t.Errorf("one client: %v, want %v", got, c.same)
			}
		})
	}
}

// Many clients do not fill the memory, and a client that keeps asking is not forgotten.
func TestManyClients(t *testing.T) {
	t.Parallel()
	a := newAsker()
	a.ask("192.0.2.1:1")
	a.ask("192.0.2.1:1")
	for i := range 30_000 {
		a.ask(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&0xff, i&0xff))
		if i%5000 == 0 {
			if got := a.ask("192.0.2.1:1"); got.StatusCode != http.StatusTooManyRequests {
				t.Fatalf("after %d others: %s", i, got.Status)
			}
		}
	}
}
