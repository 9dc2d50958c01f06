package webhook

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the ports in memory.
type world struct {
	mu      sync.Mutex
	made    []Webhook
	sealed  []byte
	due     []Due
	settled map[int64]Result
	sent    map[int64]map[string]string
	answer  func(Due) (int, error)
}

func (w *world) Create(_ context.Context, h Webhook, sealed []byte, _ int) error {
	w.made, w.sealed = append(w.made, h), sealed
	return nil
}

func (w *world) List(context.Context, string) ([]Webhook, error)              { return w.made, nil }
func (w *world) Delete(context.Context, string, string) error                 { return nil }
func (w *world) Ping(context.Context, string, string, int) error              { return nil }
func (w *world) Log(context.Context, string, string, int) ([]Delivery, error) { return nil, nil }

func (w *world) Claim(context.Context) (Due, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) == 0 {
		return Due{}, false, nil
	}
	d := w.due[0]
	w.due = w.due[1:]
	return d, true, nil
}

func (w *world) Settle(_ context.Context, d Due, r Result) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled[d.ID] = r
	return nil
}

func (w *world) Send(_ context.Context, d Due, headers map[string]string) (int, error) {
	w.mu.Lock()
	w.sent[d.ID] = headers
	w.mu.Unlock()
	return w.answer(d)
}

func newWorld(t *testing.T, internal bool) (*world, *Service, *seal.Ring) {
	t.Helper()
	ring, err := seal.ParseRing(seal.Secret(strings.Repeat("0f", 32)))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{settled: map[int64]Result{}, sent: map[int64]map[string]string{}}
	return w, New(w, w, ring, func() time.Time { return time.Unix(1614265330, 0) }, internal), ring
}

// The vector of the Standard Webhooks' own libraries.
func TestSignaturesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWhereMessagesMayGo(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{ // without and with addresses inside
		"https://example.org/hook?x=1": {"", ""}, "https://example.org:8443/": {"", ""}, "https://93.184.215.14/": {"", ""},
		"http://example.org/": {"https://", ""}, "https://127.0.0.1/": {"inside", ""}, "https://[::1]:80/": {"inside", ""}, "https://LOCALHOST/": {"inside", ""}, "https://[::ffff:10.1.1.1]/": {"inside", ""},
		"https://user:pass@example.org/": {"leave out", "leave out"}, "https://example.org/#x": {"leave out", "leave out"}, "ftp://example.org/": {"https://", "https://"},
		"file:///etc/passwd": {"write an address", "write an address"}, "example.org": {"write an address", "write an address"}, "": {"write an address", "write an address"}, "https://": {"write an address", "write an address"},
		"https://example.org/" + strings.Repeat("x", 500): {"at most 500", "at most 500"}, "https:example.org": {"write an address", "write an address"},
	} {
		for i, internal := range []bool{false, true} {
			_, s, _ := newWorld(t, internal)
			_, _, err := s.Create(t.Context(), "ana", address, []string{"plan.ready"})
			if got := ""; err != nil && (fault.KindOf(err) != fault.InvalidInput || want[i] == "" || !strings.Contains(err.Error(), want[i])) || err == nil && want[i] != got {
				t.Errorf("%q, internal %t: %v, want %q", address, internal, err, want[i])
			}
		}
	}
}

func TestAWebhookIsSealed(t *testing.T) {
	t.Parallel()
	w, s, ring := newWorld(t, false)
	made, secret, err := s.Create(t.Context(), "ana", "https://example.org/", []string{"job.failed", "plan.ready", "job.failed"})
	if err != nil || !strings.HasPrefix(secret, "whsec_") || !slices.Equal(made.Events, []string{"plan.ready", "job.failed"}) || strings.Contains(string(w.sealed), secret) {
		t.Fatalf("%+v, %q, %v", made, secret, err)
	}
	if plain, err := ring.Open(w.sealed, keyring.Webhooks.Context(made.ID)); err != nil || plain.Reveal() != secret {
		t.Errorf("sealed: %v", err)
	}
	for _, events := range [][]string{nil, {"everything"}, {"ping"}} {
		if _, _, err := s.Create(t.Context(), "ana", "https://example.org/", events); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%q: %v", events, err)
		}
	}
	if _, err := s.Log(t.Context(), "ana", "wh_other"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the log of another: %v", err)
	}
}

var errBug = errors.New("a bug")

// What is not answered well is tried again later and later, then has failed; a receiver that is
// gone, and an address that must not be asked, end it at once.
func TestWhatBecomesOfAnAttempt(t *testing.T) {
	t.Parallel()
	w, s, ring := newWorld(t, false)
	refused := fault.New(fault.InvalidInput, "webhook", "inside")
	cases := []struct {
		attempts, status int
		err              error
		want             Result
	}{
		{1, 200, nil, Result{Status: "delivered", Answered: 200}},
		{1, 204, nil, Result{Status: "delivered", Answered: 204}},
		{1, 302, nil, Result{Status: "pending", Answered: 302, Problem: "it answered 302", Retry: 5 * time.Second}},
		{3, 500, nil, Result{Status: "pending", Answered: 500, Problem: "it answered 500", Retry: 5 * time.Minute}},
		{7, 500, nil, Result{Status: "pending", Answered: 500, Problem: "it answered 500", Retry: 24 * time.Hour}},
		{8, 500, nil, Result{Status: "failed", Answered: 500, Problem: "it answered 500"}},
		{1, 410, nil, Result{Status: "failed", Answered: 410, Problem: "it answered 410", Gone: true}},
		{1, 0, fault.New(fault.TimeoutError, "dial 10.0.0.1", "late"), Result{Status: "pending", Problem: "it did not answer in time", Retry: 5 * time.Second}},
		{2, 0, fault.New(fault.NetworkError, "dial 10.0.0.1", "refused"), Result{Status: "pending", Problem: "no connection to it, or it broke", Retry: time.Minute}},
		{1, 0, errBug, Result{Status: "pending", Problem: trouble(errBug), Retry: 5 * time.Second}},
		{1, 0, refused, Result{Status: "failed", Problem: "inside"}},
	}
	secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for i, c := range cases {
		w.due = append(w.due, Due{ID: int64(i), Webhook: "wh_1", Sealed: ring.Seal(seal.Secret(secret), keyring.Webhooks.Context("wh_1")), Message: []byte(`{"test": 2432232314}`), Attempts: c.attempts})
	}
	w.due = append(w.due, Due{ID: 99, Webhook: "wh_2", Sealed: ring.Seal(seal.Secret(secret), keyring.Webhooks.Context("wh_1")), Attempts: 1})
	w.answer = func(d Due) (int, error) {
		if errors.Is(cases[d.ID].err, errBug) {
			panic(errBug)
		}
		return cases[d.ID].status, cases[d.ID].err
	}
	n, err := s.Deliver(t.Context())
	if n != len(cases)+1 || err != nil {
		t.Fatalf("%d attempts, %v", n, err)
	}
	for i, c := range cases {
		if got := w.settled[int64(i)]; got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if r := w.settled[99]; r.Status != "failed" || !strings.Contains(r.Problem, "cannot be read") || w.sent[99] != nil {
		t.Errorf("with the secret of another: %+v, sent %v", r, w.sent[99])
	}
	if h := w.sent[0]; h["Webhook-Id"] != "msg_0" || h["Webhook-Timestamp"] != "1614265330" || h["Webhook-Signature"] != sign(secret, "msg_0", "1614265330", []byte(`{"test": 2432232314}`)) {
		t.Errorf("headers %v", h)
	}
}
