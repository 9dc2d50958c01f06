package pagerdutytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

const (
	oncall = "0123456789abcdef0123456789abcdef"
	lead   = "1123456789abcdef0123456789abcdef"
)

func post(t *testing.T, s http.Handler, key, action, dedup string) int {
	t.Helper()
	body := fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q,"payload":{"summary":"s","source":"x","severity":"info"}}`, key, action, dedup)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, pagerdutytest.Path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code
}

// An incident belongs to the key that opened it.
func TestServicesAreApart(t *testing.T) {
	t.Parallel()
	s := pagerdutytest.New(pagerdutytest.Options{Services: map[string]string{"oncall": oncall, "lead": lead}, Now: time.Now})
	post(t, s, oncall, "trigger", "k")
	post(t, s, lead, "resolve", "k")
	rec := s.Record()
	if len(rec.Incidents) != 1 || rec.Incidents[0].Status != pagerdutytest.Triggered || rec.Incidents[0].Service != "oncall" || rec.Events[1].Incident != 0 {
		t.Errorf("record %+v", rec)
	}
	post(t, s, lead, "trigger", "k")
	if rec := s.Record(); len(rec.Incidents) != 2 || rec.Incidents[1].Service != "lead" {
		t.Errorf("incidents %+v", rec.Incidents)
	}
}

func TestBoundsAndRate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s := pagerdutytest.New(pagerdutytest.Options{
		Services: map[string]string{"oncall": oncall, "lead": lead}, Keep: 3, PerMinute: 4, Now: func() time.Time { return now },
	})
	for i := range 6 {
		want := http.StatusAccepted
		if i >= 4 {
			want = http.StatusTooManyRequests
		}
		if got := post(t, s, oncall, "trigger", strconv.Itoa(i)); got != want {
			t.Errorf("event %d: %d; want %d", i, got, want)
		}
	}
	if got := post(t, s, lead, "trigger", "x"); got != http.StatusAccepted {
		t.Errorf("the other service: %d", got)
	}
	now = now.Add(time.Minute)
	if got := post(t, s, oncall, "trigger", "later"); got != http.StatusAccepted {
		t.Errorf("a minute later: %d", got)
	}
	rec := s.Record()
	if len(rec.Events) != 3 || len(rec.Incidents) != 3 || rec.Incidents[2].Number != 6 || len(rec.Refused) != 2 {
		t.Errorf("%d events, %d incidents, %d refused", len(rec.Events), len(rec.Incidents), len(rec.Refused))
	}
}

func TestReadBack(t *testing.T) {
	t.Parallel()
	s := pagerdutytest.New(pagerdutytest.Options{Services: map[string]string{"oncall": oncall}, Now: time.Now})
	post(t, s, oncall, "trigger", "k")
	post(t, s, lead, "trigger", "k")
	do := func(method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.Received().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/pagerduty", http.NoBody))
		return w
	}
	w := do(http.MethodGet)
	var rec pagerdutytest.Record
	if err := json.Unmarshal(w.Body.Bytes(), &rec); err != nil || len(rec.Events) != 1 || len(rec.Refused) != 1 || rec.Incidents[0].Payload.Summary != "s" {
		t.Errorf("%v: %s", err, w.Body)
	}
	if bytes.Contains(w.Body.Bytes(), []byte(oncall)) || bytes.Contains(w.Body.Bytes(), []byte(lead)) {
		t.Errorf("a routing key is shown: %s", w.Body)
	}
	if code := do(http.MethodPut).Code; code != http.StatusMethodNotAllowed {
		t.Errorf("PUT = %d", code)
	}
	if code := do(http.MethodDelete).Code; code != http.StatusNoContent || len(s.Record().Events) != 0 {
		t.Errorf("DELETE = %d, %+v", code, s.Record())
	}
}
