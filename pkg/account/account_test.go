package account_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func TestAnAccountIsLinkedByItsOwnersConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users["ben"] = user.User{ID: "ben", TimeZone: "UTC"}
	a := w.accounts()
	agree, request, err := a.ConnectURL(t.Context(), "ben")
	if err != nil || agree != "https://agree.example.org/request" || request != "request" {
		t.Fatalf("%q, %q, %v", agree, request, err)
	}
	if sealed := w.cache.pending["request"]; len(sealed) == 0 || bytes.Contains(sealed, []byte("r3quest")) {
		t.Errorf("the request's secret is stored as %q", sealed)
	}
	id, err := a.Connect(t.Context(), "request", "v")
	if err != nil || id != "ben" {
		t.Fatalf("linked %q, %v", id, err)
	}
	if sealed := w.tokens["ben"]; bytes.Contains(sealed, []byte("s3cret")) {
		t.Error("the token is stored as it is")
	}
	if kg, err := a.Weight(t.Context(), user.User{ID: "ben", FatSecret: true}); err != nil || kg != 61.5 {
		t.Errorf("the account answers %g, %v", kg, err)
	}
	if _, err := a.Connect(t.Context(), "request", "v"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the same consent twice: %v", err)
	}
}

func TestLinkingFailsAndStoresNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*world)
		user     string
		verifier string
		kind     fault.Kind
	}{
		"an unknown user":                   {nil, "dora", "v", fault.NotFound},
		"the service does not answer":       {func(w *world) { w.fail["RequestToken"] = down }, "ben", "v", fault.NetworkError},
		"the request is not stored":         {func(w *world) { w.fail["Cache.PutPending"] = gone }, "ben", "v", fault.DatabaseError},
		"the request cannot be taken":       {func(w *world) { w.fail["Cache.TakePending"] = gone }, "ben", "v", fault.DatabaseError},
		"another request's secret":          {nil, "swapped", "v", fault.InvalidConfig},
		"the verifier is wrong":             {nil, "ben", "x", fault.Unauthorized},
		"the exchange does not answer":      {func(w *world) { w.fail["AccessToken"] = down }, "ben", "v", fault.NetworkError},
		"the database refuses the new one":  {func(w *world) { w.fail["Users.SetFatSecret"] = gone }, "ben", "v", fault.DatabaseError},
		"the database does not know anyone": {func(w *world) { w.fail["Users.Get"] = gone }, "ben", "v", fault.DatabaseError},
	} {
		w := newWorld(t)
		w.users["ben"], w.users["swapped"] = user.User{ID: "ben"}, user.User{ID: "swapped"}
		if c.change != nil {
			c.change(w)
		}
		a := w.accounts()
		_, request, err := a.ConnectURL(t.Context(), c.user)
		if c.user == "swapped" { // its secret was sealed for another row
			w.cache.pending["request"] = w.tokens["ana"]
		}
		if err == nil {
			_, err = a.Connect(t.Context(), request, c.verifier)
		}
		if fault.KindOf(err) != c.kind || w.tokens[c.user] != nil {
			t.Errorf("%s: %v, want %s; stored %q", name, err, c.kind, w.tokens[c.user])
		}
	}
}

func TestATokenOpensForItsUserOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users["ben"] = user.User{ID: "ben", FatSecret: true, TimeZone: "UTC"}
	for name, c := range map[string]struct {
		token []byte
		fail  error
		kind  fault.Kind
	}{
		"none is stored":              {nil, nil, fault.NotFound},
		"it is another user's":        {w.tokens["ana"], nil, fault.InvalidConfig},
		"it is no token":              {w.ring.Seal("no JSON", "users/ben/fatsecret"), nil, fault.Internal},
		"the database is not there":   {w.tokens["ana"], gone, fault.DatabaseError},
		"it was sealed by a lost key": {[]byte{2, 1, 2, 3}, nil, fault.InvalidConfig},
	} {
		w.tokens["ben"], w.fail["Users.FatSecretToken"] = c.token, c.fail
		if _, err := w.accounts().Weight(t.Context(), w.users["ben"]); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	if len(w.calls) > 0 {
		t.Errorf("the service was asked: %q", w.calls)
	}
}

func TestWithoutKeysTheServiceIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.off()
	if _, _, err := a.ConnectURL(t.Context(), "ana"); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("linking begins: %v", err)
	}
	if _, err := a.Connect(t.Context(), "request", "v"); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("linking ends: %v", err)
	}
	if _, err := a.Weight(t.Context(), ana()); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("a weight is read: %v", err)
	}
	if a.Connected(ana()) || !w.accounts().Connected(ana()) || w.accounts().Connected(user.User{ID: "ben"}) {
		t.Error("connected without keys, or not with them")
	}
	if says, err := a.Check(t.Context()); err != nil || !strings.Contains(says, "FATSECRET_CONSUMER_KEY") {
		t.Errorf("the check says %q, %v", says, err)
	}
	if days, err := a.Eaten(t.Context(), ana(), today, today); days != nil || err != nil {
		t.Errorf("eaten %v, %v", days, err)
	}
	if out, err := a.Sync(t.Context(), "ana", today.Time(), false); err != nil || out.Skipped != "no account is connected" {
		t.Errorf("synchronised: %+v, %v", out, err)
	}
}

func TestTheCheckReadsTheFirstLinkedAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		says   string
		kind   fault.Kind
	}{
		"one is linked": {nil, "answers for ana", ""},
		"only the second is": {func(w *world) {
			w.users["ana"] = user.User{ID: "ana"}
			w.users["ben"] = user.User{ID: "ben", FatSecret: true}
		}, "answers for ben", fault.NotFound},
		"none is":                     {func(w *world) { w.users["ana"] = user.User{ID: "ana"} }, "no user is connected", ""},
		"the service does not answer": {func(w *world) { w.fail["Weight"] = down }, "", fault.NetworkError},
		"the database does not":       {func(w *world) { w.fail["Users.List"] = gone }, "", fault.DatabaseError},
	} {
		w := newWorld(t)
		if c.change != nil {
			c.change(w)
		}
		says, err := w.accounts().Check(t.Context())
		if !strings.Contains(says, c.says) || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %q, %v", name, says, err)
		}
	}
}

func TestAWeightIsFreshOrOfTheLastDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		kg     float64
		kept   float64
		kind   fault.Kind
	}{
		"fresh, and kept":                    {nil, 61.5, 61.5, ""},
		"the account has none":               {func(w *world) { w.service.weight = 0 }, 0, 0, ""},
		"not answered, kept since yesterday": {func(w *world) { w.fail["Weight"], w.cache.weights["ana"] = down, 60 }, 60, 60, ""},
		"not answered, and nothing is kept":  {func(w *world) { w.fail["Weight"] = down }, 0, 0, fault.NetworkError},
		"not answered, and the cache is not there": {func(w *world) {
			w.fail["Weight"], w.fail["Cache.Weight"], w.cache.weights["ana"] = down, gone, 60
		}, 0, 60, fault.NetworkError},
		"fresh, and cannot be kept": {func(w *world) { w.fail["Cache.PutWeight"] = gone }, 61.5, 61.5, fault.DatabaseError},
		"the account was unlinked":  {func(w *world) { w.tokens["ana"], w.cache.weights["ana"] = nil, 60 }, 60, 60, ""},
	} {
		w := newWorld(t)
		if c.change != nil {
			c.change(w)
		}
		kg, err := w.accounts().Weight(t.Context(), ana())
		if kg != c.kg || w.cache.weights["ana"] != c.kept || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %g, %g kept, %v", name, kg, w.cache.weights["ana"], err)
		}
	}
}

func TestAUserWithoutAnAccountCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := ana()
	u.FatSecret = false
	w.users["ana"] = u
	if kg, err := w.accounts().Weight(t.Context(), u); kg != 0 || err != nil {
		t.Errorf("%g, %v", kg, err)
	}
	if days, err := w.accounts().Eaten(t.Context(), u, today-7, today); days != nil || err != nil {
		t.Errorf("%v, %v", days, err)
	}
	if out, err := w.accounts().Sync(t.Context(), "ana", today.Time(), false); err != nil || out.Skipped != "no account is connected" {
		t.Errorf("%+v, %v", out, err)
	}
	if len(w.calls) > 0 {
		t.Errorf("called %q", w.calls)
	}
}

// slow is a service that answers no weight before the caller gives up.
type slow struct{ account.Service }

func (slow) Weight(ctx context.Context, _ account.Token) (float64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestAPlanWaitsForAWeightNoLongerThanTheTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cache.weights["ana"] = 60
	ports := w.accounts().Ports
	ports.Service, ports.Timeout = slow{&w.service}, 1
	if kg, err := account.New(ports).Weight(t.Context(), ana()); kg != 60 || err != nil {
		t.Errorf("%g, %v", kg, err)
	}
	w.cache.weights = nil
	if _, err := account.New(ports).Weight(t.Context(), ana()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a kept one: %v", err)
	}
	if slices.Contains(w.calls, "Weight") {
		t.Error("the slow service was not asked")
	}
}
