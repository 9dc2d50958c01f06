package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

// Case is one thing that must hold of a receiver.
type Case struct {
	Name  string
	Check func(context.Context, Receiver) error
}

// Cases returns all cases about receivers.
func Cases() []Case { return append(requests(), incidents()...) }

// answer is what came back.
type answer struct {
	code            int
	Status, Message string
	DedupKey        string `json:"dedup_key"`
	Errors          []string
}

func post(ctx context.Context, r Receiver, contentType string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := r.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{code: resp.StatusCode}
	return a, json.NewDecoder(resp.Body).Decode(&a)
}

func send(ctx context.Context, r Receiver, changes map[string]any) (answer, error) {
	b, err := json.Marshal(event(r.Key, changes))
	if err != nil {
		return answer{}, err
	}
	return post(ctx, r, "application/json", b)
}

type fields = map[string]any

// requests are single requests: what is taken and what is not, and why.
func requests() []Case {
	var all []Case
	for name, c := range map[string]struct {
		changes fields
		key     string // of the answer; "" = any
	}{
		"a trigger":                      {nil, "case"},
		"without a key":                  {fields{"dedup_key": nil}, ""},
		"a key of 255 characters":        {fields{"dedup_key": strings.Repeat("k", 255)}, strings.Repeat("k", 255)},
		"a summary of 1,024 characters":  {fields{"payload.summary": strings.Repeat("ü", 1024)}, "case"},
		"a time with a colon":            {fields{"payload.timestamp": "2026-11-24T18:00:00.125Z"}, "case"},
		"a time without a colon":         {fields{"payload.timestamp": "2026-11-24T18:00:00.125+0000"}, "case"},
		"details of any shape":           {fields{"payload.custom_details": fields{"value": 0.5, "nested": fields{"x": []int{1}}}}, "case"},
		"class, component and group":     {fields{"payload.class": "a", "payload.component": "b", "payload.group": "c"}, "case"},
		"links and images":               {fields{"links": []fields{{"href": "http://localhost:8080/x", "text": "runbook"}}, "images": []fields{{"src": "https://example.org/a.png", "alt": "a"}}}, "case"},
		"client and its address":         {fields{"client": "Alertmanager", "client_url": "http://localhost:9093"}, "case"},
		"an acknowledge":                 {fields{"event_action": "acknowledge", "payload": nil}, "case"},
		"a resolve":                      {fields{"event_action": "resolve", "payload": nil}, "case"},
		"a resolve that repeats payload": {fields{"event_action": "resolve"}, "case"},
		"the four severities: error":     {fields{"payload.severity": "error"}, "case"},
		"the four severities: warning":   {fields{"payload.severity": "warning"}, "case"},
		"the four severities: info":      {fields{"payload.severity": "info"}, "case"},
	} {
		all = append(all, Case{"accepted: " + name, func(ctx context.Context, r Receiver) error {
			a, err := send(ctx, r, c.changes)
			if err != nil {
				return err
			}
			if a.code != http.StatusAccepted || a.Status != "success" || a.Message == "" || a.DedupKey == "" || c.key != "" && a.DedupKey != c.key || len(a.Errors) > 0 {
				return fmt.Errorf("answer %+v", a)
			}
			return nil
		}})
	}
	for name, c := range map[string]struct {
		changes fields
		about   string // what one of the errors must name
	}{
		"no routing key":            {fields{"routing_key": nil}, "routing_key"},
		"a short routing key":       {fields{"routing_key": "e93facc04764012d7bfb002500d5d1a"}, "routing_key"},
		"an unknown routing key":    {fields{"routing_key": strings.Repeat("0", 32)}, "routing key"},
		"no action":                 {fields{"event_action": nil}, "event_action"},
		"an unknown action":         {fields{"event_action": "snooze"}, "event_action"},
		"a key of 256 characters":   {fields{"dedup_key": strings.Repeat("k", 256)}, "dedup_key"},
		"a resolve without a key":   {fields{"event_action": "resolve", "dedup_key": nil}, "dedup_key"},
		"acknowledge without a key": {fields{"event_action": "acknowledge", "dedup_key": nil}, "dedup_key"},
		"no payload":                {fields{"payload": nil}, "payload"},
		"no summary":                {fields{"payload.summary": nil}, "summary"},
		"an empty summary":          {fields{"payload.summary": ""}, "summary"},
		"a summary that is too long": {
			fields{"payload.summary": strings.Repeat("x", 1025)}, "summary",
		},
		"no source":                 {fields{"payload.source": nil}, "source"},
		"no severity":               {fields{"payload.severity": nil}, "severity"},
		"an unknown severity":       {fields{"payload.severity": "none"}, "severity"},
		"a severity in capitals":    {fields{"payload.severity": "CRITICAL"}, "severity"},
		"a time that is none":       {fields{"payload.timestamp": "yesterday"}, "timestamp"},
		"details that are a string": {fields{"payload.custom_details": "x"}, "custom_details"},
		"links that are strings":    {fields{"links": []string{"http://x"}}, ""},
		"a link without an address": {fields{"links": []fields{{"text": "x"}}}, "links"},
		"a link to a path":          {fields{"links": []fields{{"href": "/runbook/x"}}}, "links"},
		"an image without TLS":      {fields{"images": []fields{{"src": "http://example.org/a.png"}}}, "images"},
	} {
		all = append(all, Case{"refused: " + name, func(ctx context.Context, r Receiver) error {
			a, err := send(ctx, r, c.changes)
			return errors.Join(err, refused(r, a, http.StatusBadRequest, c.about))
		}})
	}
	return append(all,
		Case{"refused: JSON that ends early", func(ctx context.Context, r Receiver) error {
			a, err := post(ctx, r, "application/json", []byte(`{"routing_key": "`+r.Key))
			return errors.Join(err, refused(r, a, http.StatusBadRequest, "JSON"))
		}},
		Case{"refused: two objects", func(ctx context.Context, r Receiver) error {
			b, err := json.Marshal(event(r.Key, nil))
			if err != nil {
				return err
			}
			a, err := post(ctx, r, "application/json", append(b, b...))
			return errors.Join(err, refused(r, a, http.StatusBadRequest, ""))
		}},
		Case{"refused: more than 512 KB", func(ctx context.Context, r Receiver) error {
			a, err := send(ctx, r, fields{"payload.custom_details": fields{"log": strings.Repeat("x", pagerduty.MaxEvent)}})
			return errors.Join(err, refused(r, a, http.StatusRequestEntityTooLarge, "512 KB"))
		}},
	)
}

// refused checks an answer that says no, and that nothing came of the event.
func refused(r Receiver, a answer, code int, about string) error {
	named := slices.ContainsFunc(a.Errors, func(e string) bool { return strings.Contains(e, about) })
	if a.code != code || a.Status == "" || a.Status == "success" || a.Message == "" || !named {
		return fmt.Errorf("answer %+v; want %d and an error about %q", a, code, about)
	}
	if r.Record == nil {
		return nil
	}
	if rec := r.Record(); len(rec.Events) > 0 || len(rec.Incidents) > 0 || len(rec.Refused) != 1 || rec.Refused[0].Status != code {
		return fmt.Errorf("the record is %+v", rec)
	}
	return nil
}

// incidents are sequences of events and what becomes of them.
func incidents() []Case {
	type step struct {
		action, key string
		want        string // what the record then says: number and state of each incident
	}
	var all []Case
	for name, steps := range map[string][]step{
		"triggered, acknowledged, resolved": {
			{"trigger", "a", "1 triggered"},
			{"acknowledge", "a", "1 acknowledged"},
			{"trigger", "a", "1 acknowledged"},
			{"resolve", "a", "1 resolved"},
		},
		"the same key again is the same incident":  {{"trigger", "a", "1 triggered"}, {"trigger", "a", "1 triggered"}},
		"another key is another incident":          {{"trigger", "a", "1 triggered"}, {"trigger", "b", "1 triggered, 2 triggered"}, {"resolve", "a", "1 resolved, 2 triggered"}},
		"after a resolve it is another incident":   {{"trigger", "a", "1 triggered"}, {"resolve", "a", "1 resolved"}, {"trigger", "a", "1 resolved, 2 triggered"}},
		"a resolve of nothing is dropped":          {{"resolve", "a", ""}},
		"an acknowledge of nothing is dropped":     {{"acknowledge", "a", ""}},
		"a second resolve changes nothing":         {{"trigger", "a", "1 triggered"}, {"resolve", "a", "1 resolved"}, {"resolve", "a", "1 resolved"}},
		"an acknowledge after resolve is dropped":  {{"trigger", "a", "1 triggered"}, {"resolve", "a", "1 resolved"}, {"acknowledge", "a", "1 resolved"}},
		"an incident that nobody knows is no harm": {{"trigger", "a", "1 triggered"}, {"resolve", "b", "1 triggered"}},
	} {
		all = append(all, Case{"incidents: " + name, func(ctx context.Context, r Receiver) error {
			for i, s := range steps {
				a, err := send(ctx, r, fields{"event_action": s.action, "dedup_key": s.key})
				if err != nil || a.code != http.StatusAccepted || a.DedupKey != s.key {
					return fmt.Errorf("step %d: %+v, %w", i+1, a, err)
				}
				if r.Record == nil {
					continue
				}
				if got := states(r.Record()); got != s.want {
					return fmt.Errorf("step %d: incidents %q; want %q", i+1, got, s.want)
				}
			}
			return nil
		}})
	}
	return append(all, Case{"incidents: without a key each is another", func(ctx context.Context, r Receiver) error {
		a, err := send(ctx, r, fields{"dedup_key": nil})
		b, err2 := send(ctx, r, fields{"dedup_key": nil})
		if a.DedupKey == b.DedupKey || err != nil || err2 != nil {
			return fmt.Errorf("keys %q and %q: %w", a.DedupKey, b.DedupKey, errors.Join(err, err2))
		}
		return nil
	}})
}

func states(rec pagerdutytest.Record) string {
	var out []string
	for _, i := range rec.Incidents {
		out = append(out, fmt.Sprintf("%d %s", i.Number, i.Status))
	}
	return strings.Join(out, ", ")
}
