package hook_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/web/hook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever name leads inside the network is refused when the connection is made, and no request
// arrives; a redirect is an answer, not a way.
func TestNothingInsideIsAsked(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path == "/away" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	}))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]fault.Kind{
		"127.0.0.1": fault.InvalidInput, "localhost": fault.InvalidInput, "[::ffff:127.0.0.1]": fault.InvalidInput, "0.0.0.0": fault.InvalidInput, "169.254.169.254": fault.InvalidInput,
		"[::1]": "", "127.1": "", "2130706433": "", "0x7f000001": "", // what resolvers make of them is theirs
	} {
		_, err := hook.New(false).Send(t.Context(), webhook.Due{URL: "http://" + host + ":" + port + "/"}, nil)
		if kind := fault.KindOf(err); err == nil || want != "" && (kind != want || strings.Contains(fault.Text(err), port)) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked != 0 {
		t.Fatalf("%d requests arrived inside", asked)
	}
	for path, want := range map[string]int{"/": http.StatusOK, "/away": http.StatusFound} {
		if status, err := hook.New(true).Send(t.Context(), webhook.Due{URL: server.URL + path, Message: []byte("{}")}, map[string]string{"Webhook-Id": "msg_1"}); status != want || err != nil {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	if asked != 2 {
		t.Errorf("%d requests arrived: a redirect was followed", asked)
	}
}

func TestWhyAReceiverWasNotReached(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for address, want := range map[string]fault.Kind{"http://127.0.0.1:1/": fault.NetworkError, "http://nowhere.invalid/": fault.NetworkError, "http://[bad/": fault.InvalidInput} {
		if _, err := hook.New(true).Send(t.Context(), webhook.Due{URL: address}, nil); fault.KindOf(err) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := hook.New(true).Send(ctx, webhook.Due{URL: "http://127.0.0.1:1/"}, nil); err == nil {
		t.Error("after its end it was sent")
	}
}
