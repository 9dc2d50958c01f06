package fatsecret_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/conformance/fatsecret"
)

// naive signs rightly and is otherwise written from the field names alone: it looks at the
// HTTP status only, expects numbers to be numbers and lists to be lists, counts days in
// UTC, and writes again when no answer came. What it does not override it does right.
type naive struct {
	*fatsecret.Client
	s conformance.Settings
	n atomic.Int64
}

func newNaive(tb testing.TB, s conformance.Settings) conformance.Client {
	tb.Helper()
	c, err := fatsecret.New(config(tb, s))
	if err != nil {
		tb.Fatal(err)
	}
	return &naive{Client: c, s: s}
}

func (n *naive) call(ctx context.Context, user fatsecret.Token, method string, params url.Values, out any) error {
	for k, v := range map[string]string{
		"method": method, "format": "json", "oauth_consumer_key": n.s.ConsumerKey, "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": strconv.FormatInt(n.s.Now().Unix(), 10), "oauth_nonce": strconv.FormatInt(n.n.Add(1), 10), "oauth_version": "1.0",
	} {
		params.Set(k, v)
	}
	if user.Key != "" {
		params.Set("oauth_token", user.Key)
	}
	address, err := url.Parse(n.s.URL + fatsecrettest.APIPath)
	if err != nil {
		return err
	}
	params.Set("oauth_signature", fatsecret.Sign(fatsecret.BaseString("POST", address, params), seal.Secret(n.s.ConsumerSecret), user.Secret))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(params.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n.s.Observe(ctx, resilient.Call{Endpoint: method, Status: strconv.Itoa(resp.StatusCode)})
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

func (n *naive) Profile(ctx context.Context, user fatsecret.Token) (fatsecret.Profile, error) {
	var w struct {
		Profile struct {
			Last   json.Number `json:"last_weight_kg"`
			Goal   json.Number `json:"goal_weight_kg"`
			Height json.Number `json:"height_cm"`
			Unit   string      `json:"weight_measure"`
		}
	}
	err := n.call(ctx, user, "profile.get", url.Values{}, &w)
	num := func(x json.Number) float64 { v, _ := x.Float64(); return v }
	return fatsecret.Profile{LastWeightKg: num(w.Profile.Last), GoalWeightKg: num(w.Profile.Goal), HeightCm: num(w.Profile.Height), WeightUnit: w.Profile.Unit, HeightUnit: "cm"}, err
}

func (n *naive) CreateEntry(ctx context.Context, user fatsecret.Token, e fatsecret.NewEntry) (string, error) {
	params := url.Values{
		"food_id": {e.FoodID}, "serving_id": {e.ServingID}, "food_entry_name": {e.Name}, "meal": {e.Meal},
		"number_of_units": {strconv.FormatFloat(e.Units, 'f', -1, 64)},
		"date":            {strconv.FormatInt(n.s.Now().UTC().Unix()/86_400, 10)},
	}
	var w struct {
		ID string `json:"food_entry_id"`
	}
	err := n.call(ctx, user, "food_entry.create", params, &w)
	if err != nil {
		err = n.call(ctx, user, "food_entry.create", params, &w)
	}
	return w.ID, err
}

func (n *naive) EnsureEntry(ctx context.Context, user fatsecret.Token, e fatsecret.NewEntry, _ []string) (string, bool, error) {
	entryID, err := n.CreateEntry(ctx, user, e)
	return entryID, true, err
}

func (n *naive) Food(ctx context.Context, foodID string) (fatsecret.Food, error) {
	f, err := n.Client.Food(ctx, foodID)
	for i := range f.Servings {
		f.Servings[i].NumberOfUnits = 1 // as if units were servings
	}
	return f, err
}

// TestNaiveClientFails shows that the cases catch what they are for.
func TestNaiveClientFails(t *testing.T) {
	t.Parallel()
	must := map[string]bool{
		"timestamps never go back": true, "wrong clock is set by the server's": true, "revoked token asks to connect again": true,
		"wrong consumer secret says which": true, "code 11 inside HTTP 200": true, "code 12 inside HTTP 200": true,
		"code 20 inside HTTP 200": true, "code 24 inside HTTP 200": true, "code 8 inside HTTP 200 as a string": true,
		"recovers from one code 20": false, "daily limit of the vendor": true, "burst limit of the vendor": true,
		"budget is kept before the vendor's limit": true, "shape as live clients report": true, "shape entry object": true,
		"dates are the user's calendar days": true, "number of units is in the serving's own units": true,
		"create is not repeated by itself": true, "lost create is found by reading the day": true,
		"entry without a name is not sent": true, "snack is not a meal": true, "malformed body": true, "page instead of JSON": true,
	}
	caught := 0
	for _, c := range conformance.Cases() {
		if c.Name == "timeout" || c.Name == "oversized body" {
			continue // slow to fail, and covered by the others
		}
		err := conformance.Try(t, c, newNaive)
		if err == nil && must[c.Name] {
			t.Errorf("%q does not catch a naive client", c.Name)
		}
		if err != nil {
			caught++
		}
	}
	if caught < len(must) {
		t.Errorf("%d cases caught the naive client; want at least %d", caught, len(must))
	}
}
