package tandoor_test

import (
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/test/conformance/tandoor"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func newClient(tb testing.TB, url, token string, pageSize int) conformance.Client {
	tb.Helper()
	opt := resilient.Defaults("tandoor")
	opt.Retry.Base = time.Millisecond
	opt.MaxBody = 0 // the client's own limit is under test
	rt := resilient.NewTransport(&http.Transport{}, opt)
	tb.Cleanup(rt.CloseIdleConnections)
	c, err := tandoor.New(tandoor.Config{
		BaseURL: url, Token: seal.Secret(token), HTTP: resilient.NewClient(rt, 30*time.Second), PageSize: pageSize,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, newClient)
}
