package pagerdutytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
)

// What an event does.
const (
	actionTrigger     = "trigger"
	actionAcknowledge = "acknowledge"
	actionResolve     = "resolve"
)

// badJSON stands for a 400 that was no event at all.
const badJSON = -1

// read checks a request's body. What is wrong with it is in the words that the vendor's
// answers are known for, where they are known.
func (s *Server) read(contentType string, body []byte) (e Event, status int, bad []string) {
	if t, _, err := mime.ParseMediaType(contentType); err != nil || t != "application/json" {
		return e, badJSON, []string{"Content-Type should be application/json"}
	}
	var in wireEvent
	if err := decode(body, &in); err != nil {
		return e, badJSON, []string{"JSON parse error: " + err.Error()}
	}
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	switch {
	case in.RoutingKey == nil || *in.RoutingKey == "":
		say("'routing_key' is missing or blank")
	case len(*in.RoutingKey) != pagerduty.RoutingKeyLen:
		say("Length of 'routing_key' is incorrect (should be %d characters)", pagerduty.RoutingKeyLen)
	default:
		if e.Service = s.service(*in.RoutingKey); e.Service == "" {
			say("Invalid routing key")
		}
	}
	e.Received, e.Client, e.ClientURL, e.Links, e.Images = s.opt.Now(), in.Client, in.ClientURL, in.Links, in.Images
	if in.Action != nil {
		e.Action = *in.Action
	}
	if in.DedupKey != nil {
		e.DedupKey = *in.DedupKey
	}
	if n := utf8.RuneCountInString(e.DedupKey); n > pagerduty.MaxDedupKey {
		say("Length of 'dedup_key' is incorrect (should be at most %d characters)", pagerduty.MaxDedupKey)
	}
	switch e.Action {
	case "":
		say("'event_action' is missing or blank")
	case actionTrigger:
		bad = append(bad, e.trigger(in.Payload)...)
	case actionAcknowledge, actionResolve:
		if e.DedupKey == "" {
			say("'dedup_key' is missing or blank")
		}
	default:
		say("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
	}
	if len(bad) > 0 {
		return e, http.StatusBadRequest, bad
	}
	if s.throttled(e.Service) {
		return e, http.StatusTooManyRequests, []string{"too many events of this service in a minute"}
	}
	return e, http.StatusAccepted, nil
}

// trigger checks what only events that open an incident need.
func (e *Event) trigger(payload json.RawMessage) (bad []string) {
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	if len(payload) == 0 || string(payload) == "null" {
		return []string{"'payload' is missing or blank"}
	}
	var p Payload
	if err := decode(payload, &p); err != nil {
		return []string{"'payload' is invalid: " + err.Error()}
	}
	for _, f := range []struct{ name, value string }{
		{"summary", p.Summary}, {"source", p.Source}, {"severity", p.Severity},
	} {
		if f.value == "" {
			say("'payload.%s' is missing or blank", f.name)
		}
	}
	if utf8.RuneCountInString(p.Summary) > pagerduty.MaxSummary {
		say("Length of 'payload.summary' is incorrect (should be at most %d characters)", pagerduty.MaxSummary)
	}
	if p.Severity != "" && !slices.Contains([]string{"critical", "warning", "error", "info"}, p.Severity) {
		say("'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
	}
	if p.Timestamp != "" && !isTime(p.Timestamp) {
		say("'payload.timestamp' is invalid (must be ISO 8601)")
	}
	if e.ClientURL != "" && !isURL(e.ClientURL, "http", "https") {
		say("'client_url' is invalid")
	}
	for i, l := range e.Links {
		if !isURL(l.Href, "http", "https") {
			say("'links[%d].href' is missing or invalid", i)
		}
	}
	for i, im := range e.Images {
		if !isURL(im.Src, "https") {
			say("'images[%d].src' is missing or not served via HTTPS", i)
		}
		if im.Href != "" && !isURL(im.Href, "http", "https") {
			say("'images[%d].href' is invalid", i)
		}
	}
	if e.DedupKey == "" {
		e.DedupKey = dedupKey()
	}
	e.Payload = &p
	return bad
}

// decode reads one JSON object with known fields.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

func isTime(s string) bool {
	return slices.ContainsFunc([]string{time.RFC3339, "2006-01-02T15:04:05.999-0700"}, func(layout string) bool {
		_, err := time.Parse(layout, s)
		return err == nil
	})
}

func isURL(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
}
