package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Limit limits each client's request rate.
type Limit struct {
	PerMinute int            // requests of one client; a quarter of them at once. 0 = no limit
	Proxies   []netip.Prefix // whose X-Forwarded-For is trusted
	Now       func() time.Time
	Log       *slog.Logger
}

// Wrap answers 429 with Retry-After to clients above the limit.
func (l Limit) Wrap(next http.Handler) http.Handler {
	if l.PerMinute <= 0 {
		return next
	}
	free := func(path string) bool {
		return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/picture/")
	}
	clients := newClients(rate.Limit(float64(l.PerMinute)/60), max(1, l.PerMinute/4))
	refused := &Pages{Log: l.Log}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && free(r.URL.Path) { // a page brings two dozen of them
			next.ServeHTTP(w, r)
			return
		}
		now := l.Now()
		asks := clients.of(clientOf(r, l.Proxies), now).ReserveN(now, 1)
		if wait := asks.DelayFrom(now); wait > 0 {
			asks.CancelAt(now) // refused requests do not count
			seconds := int(math.Ceil(wait.Seconds()))
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
			if strings.HasPrefix(r.URL.Path, "/api/") {
				refuseProgram(w, seconds)
				return
			}
			refused.fail(w, r, fault.New(fault.QuotaExceeded, "pages", "%s", fmt.Sprintf("Too many requests came from your address. Please try again in %d s.", seconds)))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseProgram tells a program what pages tell people (RFC 9457).
func refuseProgram(w http.ResponseWriter, seconds int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusTooManyRequests)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client went away
		"type": "about:blank", "title": http.StatusText(http.StatusTooManyRequests), "status": http.StatusTooManyRequests, "code": "too_many_requests",
		"detail": fmt.Sprintf("Too many requests came from your address. Try again in %d s, as Retry-After says.", seconds),
	})
}

// clientOf identifies the client, an IPv6 /64 counting as one: the peer's address or, if the
// peer is a trusted proxy, the last untrusted address in X-Forwarded-For.
func clientOf(r *http.Request, proxies []netip.Prefix) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	client, _ := netip.ParseAddr(host) // a server's connections have one; else all count as one client
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && trusted(client, proxies); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop
	}
	client = client.Unmap().WithZone("")
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	network, _ := client.Prefix(bits) // fits the address
	return network
}

func trusted(a netip.Addr, proxies []netip.Prefix) bool {
	a = a.Unmap().WithZone("")
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forgetAfter is longer than a client's allowance takes to refill, so that forgetting a client
// gains it nothing; most bounds the memory, to twice that many clients.
const (
	forgetAfter = time.Minute
	most        = 20_000
)

// clients are the allowances of recent clients, in two generations.
type clients struct {
	limit rate.Limit
	burst int

	mu         sync.Mutex
	young, old map[netip.Prefix]*rate.Limiter
	since      time.Time
}

func newClients(limit rate.Limit, burst int) *clients {
	return &clients{limit: limit, burst: burst, young: map[netip.Prefix]*rate.Limiter{}}
}

func (c *clients) of(client netip.Prefix, now time.Time) *rate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.since) > forgetAfter || len(c.young) >= most {
		c.old, c.young, c.since = c.young, map[netip.Prefix]*rate.Limiter{}, now
	}
	if l := c.young[client]; l != nil {
		return l
	}
	l := c.old[client]
	if l == nil {
		l = rate.NewLimiter(c.limit, c.burst)
	}
	c.young[client] = l
	return l
}
