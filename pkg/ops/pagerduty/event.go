package pagerduty

import (
	"time"
)

// Severity is how bad an event is.
type Severity string

// The severities of the vendor.
const (
	Critical Severity = "critical"
	Error    Severity = "error"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Link leads from an incident to a page.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Event is a problem. Summary, Source and Severity are required.
type Event struct {
	// DedupKey names the incident, in at most 255 characters; empty lets the vendor choose.
	DedupKey string
	Summary  string // cut after 1,024 characters
	Source   string // what is affected: a host or a service
	Severity Severity
	Time     time.Time // zero = when it arrives

	Component, Group, Class string
	Details                 map[string]any
	Client, ClientURL       string // who says so
	Links                   []Link
}

// wireEvent is the body of a request.
type wireEvent struct {
	RoutingKey string       `json:"routing_key"`
	Action     string       `json:"event_action"`
	DedupKey   string       `json:"dedup_key,omitempty"`
	Client     string       `json:"client,omitempty"`
	ClientURL  string       `json:"client_url,omitempty"`
	Links      []Link       `json:"links,omitempty"`
	Payload    *wirePayload `json:"payload,omitempty"`
}

type wirePayload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  Severity       `json:"severity"`
	Timestamp string         `json:"timestamp,omitempty"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details,omitempty"`
}

// firstRunes cuts s after n characters, the last of which then is an ellipsis.
func firstRunes(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
