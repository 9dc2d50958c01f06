package keyring_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

var (
	oldKey  = strings.Repeat("0f", 32)
	newKey  = strings.Repeat("1e", 32)
	strange = strings.Repeat("2d", 32)
)

func ring(t *testing.T, keys ...string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(seal.Secret(strings.Join(keys, ",")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestUpgrade: an installation from before keys had names finds its key by what it opens,
// refuses a wrong one without a trace, and can start over when it is lost.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	store := postgres.NewKeys(pool)
	raw, err := hex.DecodeString(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	sealed := aead.Seal([]byte{1}, nil, []byte("tda_x"), []byte(keyring.Connections.Context("home")))
	if err := postgres.NewUsers(pool).PutConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://localhost", Sealed: sealed}); err != nil {
		t.Fatal(err)
	}
	service := func(r *seal.Ring) *keyring.Service { return keyring.New(store, r, time.Hour) }
	quiet := func(string) {}

	if err := service(ring(t, strange)).Join(t.Context()); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "opens none of the 1 stored tokens") {
		t.Errorf("a wrong key: %v", err)
	}
	if keys, err := store.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("a wrong key left %v, %v", keys, err)
	}
	if _, err := service(ring(t, strange)).Add(t.Context(), false, quiet); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("a wrong key was added: %v", err)
	}

	for _, order := range [][]string{{newKey, oldKey}, {oldKey, newKey}} {
		both := ring(t, order...)
		if err := service(both).Join(t.Context()); err != nil || both.InUse() != ring(t, oldKey).Newest() {
			t.Errorf("%s is in use, %v; want the key that opens what is stored", both.InUse(), err)
		}
	}
	both := ring(t, newKey, oldKey)
	done, err := service(both).Add(t.Context(), false, quiet)
	if err != nil || done.Resealed != 1 || done.Was != both.Oldest() {
		t.Errorf("add: %+v, %v", done, err)
	}
	again, err := service(both).Add(t.Context(), false, quiet)
	if err != nil || again.Resealed != 0 || again.Was != "" {
		t.Errorf("add again: %+v, %v", again, err)
	}
	now := time.Now()
	if _, err := service(both).Retire(t.Context(), both.Oldest(), false, false, now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("retired while links live: %v", err)
	}
	if _, err := service(both).Retire(t.Context(), both.Oldest(), false, false, now.Add(2*time.Hour)); err != nil {
		t.Errorf("after the last link's end: %v", err)
	}
	if _, err := service(ring(t, oldKey, newKey)).Add(t.Context(), false, quiet); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "was retired") {
		t.Errorf("a retired key came back: %v", err)
	}
	if gone, err := service(ring(t, strange)).Retire(t.Context(), both.Newest(), false, true, now); err != nil || len(gone) != 1 || gone[0].ID != "home" {
		t.Errorf("lost: %v, %v", gone, err)
	}
	left := ring(t, strange)
	if err := service(left).Join(t.Context()); err != nil || left.InUse() != left.Newest() {
		t.Errorf("after the loss: %v", err)
	}
}
