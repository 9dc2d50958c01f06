package fatsecrettest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
)

var now = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)

const today = 20790

func newServer() *fatsecrettest.Server {
	return fatsecrettest.New(fatsecrettest.Options{
		ConsumerKey: "k", ConsumerSecret: "cs", Now: func() time.Time { return now },
		Users: []fatsecrettest.User{{Token: "t", Secret: "ts", LastKg: 80, LastDate: today - 1}},
	})
}

// send signs and sends the parameters; change may spoil them before or after signing.
func send(t *testing.T, s *fatsecrettest.Server, ts time.Time, nonce string, params url.Values, spoil func(url.Values)) string {
	t.Helper()
	for k, v := range map[string]string{
		"oauth_consumer_key": "k", "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": strconv.FormatInt(ts.Unix(), 10),
		"oauth_nonce": nonce, "oauth_version": "1.0", "oauth_token": "t",
	} {
		if !params.Has(k) {
			params.Set(k, v)
		}
	}
	address, err := url.Parse("http://api" + fatsecrettest.APIPath)
	if err != nil {
		t.Fatal(err)
	}
	params.Set("oauth_signature", fatsecret.Sign(fatsecret.BaseString("POST", address, params), "cs", "ts"))
	if spoil != nil {
		spoil(params)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address.String(), strings.NewReader(params.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		t.Errorf("status = %d; errors come with 200", rec.Code)
	}
	return rec.Body.String()
}

func method(name string, more ...string) url.Values {
	v := url.Values{"method": {name}, "format": {"json"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestSignatureIsVerified(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		params url.Values
		spoil  func(url.Values)
		want   string
	}{
		"good":              {method("profile.get"), nil, `{"profile":`},
		"parameter changed": {method("profile.get"), func(v url.Values) { v.Set("date", "1") }, `"code":8`},
		"no nonce":          {method("profile.get"), func(v url.Values) { v.Del("oauth_nonce") }, `"code":2`},
		"version":           {method("profile.get", "oauth_version", "2.0"), nil, `"code":3`},
		"method":            {method("profile.get", "oauth_signature_method", "PLAINTEXT"), nil, `"code":4`},
		"consumer key":      {method("profile.get", "oauth_consumer_key", "x"), nil, `"code":5`},
		"unknown token":     {method("profile.get", "oauth_token", "x"), nil, `"code":9`},
		"unknown method":    {method("weight.get"), nil, `"code":10`},
		"bad integer":       {method("food_entries.get.v2", "date", "today"), nil, `"code":102`},
		"old timestamp":     {method("profile.get", "oauth_timestamp", "1"), nil, `"code":6`},
		"no format":         {method("profile.get", "format", ""), nil, "<?xml"},
	} {
		if got := send(t, newServer(), now, "n", tc.params, tc.spoil); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s; want %s", name, got, tc.want)
		}
	}
}

func TestNoncesAndTimestamps(t *testing.T) {
	t.Parallel()
	s := newServer()
	for _, step := range []struct {
		at    time.Duration
		nonce string
		want  string
	}{
		{0, "a", "profile"}, {0, "a", `"code":7`}, {0, "b", "profile"}, {2 * time.Second, "c", "profile"}, {time.Second, "d", `"code":6`}, {10 * time.Minute, "e", `"code":6`},
	} {
		if got := send(t, s, now.Add(step.at), step.nonce, method("profile.get"), nil); !strings.Contains(got, step.want) {
			t.Errorf("at %v with nonce %s: %s; want %s", step.at, step.nonce, got, step.want)
		}
	}
}

func TestWeightUpdate(t *testing.T) {
	t.Parallel()
	s := newServer()
	for i, step := range []struct {
		day  int
		want string
	}{{today, `{"success":{"value":"1"}}`}, {today + 3, `"code":205`}, {today - 3, `"code":205`}, {today - 2, `"code":206`}} {
		got := send(t, s, now, strconv.Itoa(i), method("weight.update", "current_weight_kg", "79.5", "date", strconv.Itoa(step.day)), nil)
		if !strings.Contains(got, step.want) {
			t.Errorf("day %d: %s; want %s", step.day-today, got, step.want)
		}
	}
	if got := send(t, s, now, "p", method("profile.get"), nil); !strings.Contains(got, `"last_weight_kg":"79.5000"`) || !strings.Contains(got, `"last_weight_date_int":"20789"`) {
		t.Errorf("profile = %s; want the new weight with the old date", got)
	}
	if s.Calls()["weight.update"] != 4 || len(s.Requests()) != 5 {
		t.Errorf("calls = %v, log of %d", s.Calls(), len(s.Requests()))
	}
}
