package fatsecret_test

import (
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/conformance/fatsecret"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) {
		http.DefaultClient.CloseIdleConnections()
	}))
}

func config(tb testing.TB, s conformance.Settings) fatsecret.Config {
	tb.Helper()
	rt := &http.Transport{}
	tb.Cleanup(rt.CloseIdleConnections)
	retry := resilient.Defaults("fatsecret").Retry
	retry.Base, retry.Now = time.Millisecond, time.Now
	if s.Sleep != nil {
		retry.Sleep = s.Sleep
	}
	return fatsecret.Config{
		ConsumerKey: s.ConsumerKey, ConsumerSecret: seal.Secret(s.ConsumerSecret), HTTP: resilient.NewClient(rt, 30*time.Second),
		URL: s.URL + fatsecrettest.APIPath, RequestTokenURL: s.URL + "/oauth/request_token",
		AuthorizeURL: s.URL + "/oauth/authorize", AccessTokenURL: s.URL + "/oauth/access_token",
		Budget: s.Budget, Spacing: -1, Retry: retry, Observe: s.Observe, Now: s.Now,
	}
}

func newClient(tb testing.TB, s conformance.Settings) conformance.Client {
	tb.Helper()
	c, err := fatsecret.New(config(tb, s))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, newClient)
}
