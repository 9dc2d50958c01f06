// Package faultswitch breaks stand-in servers on purpose and at run time: latency,
// error statuses, outages, lost answers and damaged bodies, by upstream and path. It is
// for fakes and drills; nothing of it belongs in front of a real service.
package faultswitch

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Body says how the body of an answer is damaged.
type Body string

// The ways to damage a body. The status stays 200 unless the rule sets one.
const (
	BodyIntact    Body = ""
	BodyMalformed Body = "malformed" // JSON that stops in the middle
	BodyHTML      Body = "html"      // a page where JSON was expected
	BodyOversized Body = "oversized" // OversizedBytes of JSON white space
	BodySlow      Body = "slow"      // the real body, in 64 pieces over SlowFor
)

// OversizedBytes is the size of a [BodyOversized] answer.
const OversizedBytes = 20 << 20

// Rule is one fault. Several rules may apply to a request; each fires by itself.
type Rule struct {
	ID       string `json:"id,omitempty"`       // given by the switch when empty
	Upstream string `json:"upstream,omitempty"` // "tandoor", "fatsecret", ...; "" = all
	// Path is compared with the operation ("/api/recipe/7/", "profile.get"); "*" stands
	// for any run of characters; "" = all.
	Path   string `json:"path,omitempty"`
	Method string `json:"method,omitempty"` // "" = all

	LatencyMS int `json:"latency_ms,omitempty"` // added before the answer, milliseconds
	JitterMS  int `json:"jitter_ms,omitempty"`  // a random part of it on top

	Status     int  `json:"status,omitempty"`      // answered instead of the real status
	RetryAfter int  `json:"retry_after,omitempty"` // seconds, sent with Status
	Outage     bool `json:"outage,omitempty"`      // the connection is closed without an answer
	LoseAnswer bool `json:"lose_answer,omitempty"` // the request takes effect, then as Outage
	Body       Body `json:"body,omitempty"`
	SlowForMS  int  `json:"slow_for_ms,omitempty"` // of BodySlow, milliseconds

	Rate float64 `json:"rate,omitempty"` // share of requests it fires for, in (0,1]; 0 = 1
	Skip int     `json:"skip,omitempty"` // matching requests left alone first
	// Times is how often it fires before it is used up; 0 = until removed.
	Times int `json:"times,omitempty"`
}

// Validate names the first field that is out of range.
func (r Rule) Validate() error {
	bad := func(field, want string) error {
		return fault.New(fault.InvalidInput, "fault rule", "%s: want %s", field, want)
	}
	switch {
	case r.LatencyMS < 0 || r.LatencyMS > 600_000:
		return bad("latency_ms", "0 to 600000")
	case r.JitterMS < 0 || r.JitterMS > 600_000:
		return bad("jitter_ms", "0 to 600000")
	case r.SlowForMS < 0 || r.SlowForMS > 600_000:
		return bad("slow_for_ms", "0 to 600000")
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return bad("status", "200 to 599")
	case r.RetryAfter < 0:
		return bad("retry_after", "seconds, not negative")
	case !(r.Rate >= 0 && r.Rate <= 1):
		return bad("rate", "0 to 1")
	case r.Times < 0 || r.Skip < 0:
		return bad("times and skip", "numbers that are not negative")
	}
	switch r.Body {
	case BodyIntact, BodyMalformed, BodyHTML, BodyOversized, BodySlow:
	default:
		return bad("body", fmt.Sprintf("%q, %q, %q or %q", BodyMalformed, BodyHTML, BodyOversized, BodySlow))
	}
	if r.LatencyMS == 0 && r.JitterMS == 0 && r.Status == 0 && !r.Outage && !r.LoseAnswer && r.Body == BodyIntact {
		return bad("rule", "at least one of latency_ms, jitter_ms, status, outage, lose_answer, body")
	}
	return nil
}

func (r Rule) matches(upstream, method, path string) bool {
	return (r.Upstream == "" || r.Upstream == upstream) &&
		(r.Method == "" || r.Method == method) &&
		(r.Path == "" || glob(r.Path, path))
}

func (r Rule) slowFor() time.Duration { return time.Duration(r.SlowForMS) * time.Millisecond }

// glob matches s against a pattern in which "*" is any run of characters.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}

func statusText(code int) string { return fmt.Sprintf("%d %s", code, http.StatusText(code)) }
