package slacktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox/slacktest"
)

const (
	path  = "/services/T0SANDBOX/B0ALERTS00/abcdefgh01234567ABCDEFGH"
	plain = `{"text":"hello"}`
)

func server(o slacktest.Options) *slacktest.Server {
	o.Path, o.Now = path, time.Now
	if o.Channels == nil {
		o.Channels, o.Archived = []string{"#alerts", "#old"}, []string{"#old"}
	}
	return slacktest.New(o)
}

func do(t *testing.T, h http.Handler, method, path, contentType, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func attachments(n int) string {
	return `{"attachments":[` + strings.TrimSuffix(strings.Repeat(`{"fallback":"x"},`, n), ",") + `]}`
}

// The contract: every answer of the vendor that a request can bring about.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, contentType, body string
		status                  int
		word                    string
	}{
		"text":                         {body: plain, status: 200, word: "ok"},
		"a known channel":              {body: `{"text":"x","channel":"#alerts","username":"u","icon_emoji":":bell:","link_names":true,"mrkdwn":true}`, status: 200, word: "ok"},
		"links, mentions, entities":    {body: `{"text":"<http://localhost:8080/x|Runbook> <!here> <@U123> 5 &lt; 6 &amp; 7 &gt; 6"}`, status: 200, word: "ok"},
		"an attachment of all parts":   {body: `{"attachments":[{"fallback":"f","color":"danger","pretext":"p","title":"t","title_link":"http://x/","text":"x","callback_id":"","footer":"","mrkdwn_in":["fallback","pretext","text"],"fields":[{"title":"a","value":"b","short":true}],"actions":[{"type":"button","text":"Runbook","url":"http://x/y"}]}]}`, status: 200, word: "ok"},
		"a colour in figures":          {body: `{"attachments":[{"text":"x","color":"#36a64f"}]}`, status: 200, word: "ok"},
		"100 attachments":              {body: attachments(100), status: 200, word: "ok"},
		"40,000 characters":            {body: `{"text":"` + strings.Repeat("ü", 40_000) + `"}`, status: 200, word: "ok"},
		"no JSON":                      {body: `{"text":`, status: 400, word: "invalid_payload"},
		"two objects":                  {body: plain + plain, status: 400, word: "invalid_payload"},
		"a list":                       {body: `[]`, status: 400, word: "invalid_payload"},
		"an unknown field":             {body: `{"texxt":"x"}`, status: 400, word: "invalid_payload"},
		"a time of ours":               {body: `{"text":"x","received":"2026-11-24T00:00:00Z"}`, status: 400, word: "invalid_payload"},
		"text as a number":             {body: `{"text":5}`, status: 400, word: "invalid_payload"},
		"a form":                       {contentType: "application/x-www-form-urlencoded", body: plain, status: 400, word: "invalid_payload"},
		"no text":                      {body: `{"channel":"#alerts"}`, status: 400, word: "no_text"},
		"white space":                  {body: `{"text":" \n"}`, status: 400, word: "no_text"},
		"an empty attachment":          {body: `{"attachments":[{"color":"good"}]}`, status: 400, word: "missing_text_or_fallback_or_attachments"},
		"101 attachments":              {body: attachments(101), status: 400, word: "too_many_attachments"},
		"40,001 characters":            {body: `{"text":"` + strings.Repeat("x", 40_001) + `"}`, status: 400, word: "msg_too_long"},
		"more than a megabyte":         {body: `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, status: 400, word: "invalid_payload"},
		"no colour":                    {body: `{"attachments":[{"text":"x","color":"red"}]}`, status: 400, word: "invalid_payload"},
		"a link to a path":             {body: `{"attachments":[{"text":"x","title":"t","title_link":"/runbook/x"}]}`, status: 400, word: "invalid_payload"},
		"a field of nothing":           {body: `{"attachments":[{"text":"x","fields":[{"short":true}]}]}`, status: 400, word: "invalid_payload"},
		"markup of no part":            {body: `{"attachments":[{"text":"x","mrkdwn_in":["value"]}]}`, status: 400, word: "invalid_payload"},
		"a button to a path":           {body: `{"attachments":[{"text":"x","actions":[{"type":"button","text":"x","url":"/x"}]}]}`, status: 400, word: "invalid_payload"},
		"< that starts no link":        {body: `{"text":"rate <95%"}`, status: 400, word: "invalid_payload"},
		"> that ends no link":          {body: `{"attachments":[{"title":"latency >2s"}]}`, status: 400, word: "invalid_payload"},
		"& that starts no entity":      {body: `{"attachments":[{"text":"x","fields":[{"title":"a","value":"b & c"}]}]}`, status: 400, word: "invalid_payload"},
		"an unknown channel":           {body: `{"text":"x","channel":"#nowhere"}`, status: 404, word: "channel_not_found"},
		"an archived channel":          {body: `{"text":"x","channel":"#old"}`, status: 410, word: "channel_is_archived"},
		"another path":                 {path: "/v2/enqueue", body: plain, status: 404, word: "no_service"},
		"another workspace":            {path: strings.Replace(path, "T0SANDBOX", "T0OTHER", 1), body: plain, status: 404, word: "no_team"},
		"another webhook":              {path: strings.Replace(path, "B0ALERTS00", "B0OTHER", 1), body: plain, status: 404, word: "no_service"},
		"a wrong token":                {path: strings.Replace(path, "abcdefgh", "abcdefgi", 1), body: plain, status: 403, word: "invalid_token"},
		"a wrong token, and no JSON":   {path: strings.Replace(path, "abcdefgh", "abcdefgi", 1), body: "x", status: 403, word: "invalid_token"},
		"a token that is cut short":    {path: path[:len(path)-1], body: plain, status: 403, word: "invalid_token"},
		"a token with a byte too many": {path: path + "x", body: plain, status: 403, word: "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(slacktest.Options{})
			if c.path == "" {
				c.path = path
			}
			if c.contentType == "" {
				c.contentType = "application/json"
			}
			w := do(t, s, http.MethodPost, c.path, c.contentType, c.body)
			if w.Code != c.status || w.Body.String() != c.word || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%d %q (%s); want %d %q; %+v", w.Code, w.Body, w.Header(), c.status, c.word, s.Record().Refused)
			}
			if rec := s.Record(); (len(rec.Messages) == 1) != (c.status == 200) || (len(rec.Refused) == 1) != (c.status != 200) {
				t.Errorf("record %+v", rec)
			}
		})
	}
}

func TestBoundsRateAndReadBack(t *testing.T) {
	t.Parallel()
	s := server(slacktest.Options{Keep: 2, PerMinute: 3})
	for i := range 4 {
		w := do(t, s, http.MethodPost, path, "application/json", fmt.Sprintf(`{"text":"%d"}`, i))
		if want := map[bool]int{true: 200, false: 429}[i < 3]; w.Code != want || want == 429 && (w.Body.String() != "rate_limited" || w.Header().Get("Retry-After") == "") {
			t.Errorf("message %d: %d %s", i, w.Code, w.Body)
		}
	}
	w := do(t, s.Received(), http.MethodGet, "/slack", "", "")
	var rec slacktest.Record
	if err := json.Unmarshal(w.Body.Bytes(), &rec); err != nil || len(rec.Messages) != 2 || rec.Messages[1].Text != "2" || len(rec.Refused) != 1 {
		t.Errorf("%v: %s", err, w.Body)
	}
	if strings.Contains(w.Body.String(), "abcdefgh") {
		t.Errorf("the webhook's secret is shown: %s", w.Body)
	}
	for method, want := range map[string]int{http.MethodPut: 405, http.MethodDelete: 204} {
		if got := do(t, s.Received(), method, "/slack", "", "").Code; got != want {
			t.Errorf("%s = %d; want %d", method, got, want)
		}
	}
	if rec := s.Record(); len(rec.Messages)+len(rec.Refused) > 0 {
		t.Errorf("after DELETE: %+v", rec)
	}
	if got := do(t, s, http.MethodGet, path, "", "").Code; got != http.StatusMethodNotAllowed {
		t.Errorf("GET = %d", got)
	}
}

func TestNewPath(t *testing.T) {
	t.Parallel()
	a, b := slacktest.NewPath(), slacktest.NewPath()
	if a == b || !slacktest.ValidPath(a) || slacktest.ValidPath("/services/x") {
		t.Errorf("%q, %q", a, b)
	}
}
