package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	const value = "tda_12345"
	s := seal.Secret(value)
	holder := struct {
		Token seal.Secret
		List  []seal.Secret
	}{s, []seal.Secret{s}}

	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("connect", "token", s, "holder", holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("connect", "token", s, "holder", holder)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, s)
		fmt.Fprintf(&out, verb, holder)
	}
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	if strings.Contains(out.String(), value) {
		t.Errorf("the secret leaked: %s", out.String())
	}
	if !strings.Contains(string(j), "secret") {
		t.Errorf("json %s does not show the placeholder", j)
	}
	var back seal.Secret
	if err := json.Unmarshal([]byte(`"abc"`), &back); err != nil || back.Reveal() != "abc" {
		t.Errorf("unmarshal = %q, %v; want abc", back.Reveal(), err)
	}
}

func ring(t *testing.T, keys ...string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(seal.Secret(strings.Join(keys, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	first  = strings.Repeat("0f", 32)
	second = strings.Repeat("1e", 32)
)

func TestSealOpen(t *testing.T) {
	t.Parallel()
	box := ring(t, first)
	rapid.Check(t, func(t *rapid.T) {
		s := seal.Secret(rapid.String().Draw(t, "secret"))
		place := rapid.String().Draw(t, "context")
		sealed := box.Seal(s, place)
		got, err := box.Open(sealed, place)
		if err != nil || got != s {
			t.Fatalf("open = %q, %v; want %q", got.Reveal(), err, s.Reveal())
		}
		if bytes.Equal(sealed, box.Seal(s, place)) {
			t.Fatal("sealing twice gave the same bytes: the nonce repeats")
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "flip")
		sealed[i] ^= 1
		if _, err := box.Open(sealed, place); err == nil {
			t.Fatalf("a value changed at byte %d was opened", i)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	box := ring(t, first)
	sealed := box.Seal("s", "user/1")
	for name, c := range map[string]struct {
		open func() (seal.Secret, error)
		want string
	}{
		"other key":     {func() (seal.Secret, error) { return ring(t, second).Open(sealed, "user/1") }, "lacks key " + string(box.Newest())},
		"other context": {func() (seal.Secret, error) { return box.Open(sealed, "user/2") }, "another place"},
		"empty":         {func() (seal.Secret, error) { return box.Open(nil, "user/1") }, "not a sealed value"},
		"short":         {func() (seal.Secret, error) { return box.Open(sealed[:5], "user/1") }, "not a sealed value"},
	} {
		if _, err := c.open(); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: err = %v; want InvalidConfiguration with %q", name, err, c.want)
		}
	}
}

// TestEveryKeyOfARingOpens: what the key in use has sealed, another ring opens wherever the
// key stands in it; so do values from before keys had names.
func TestEveryKeyOfARingOpens(t *testing.T) {
	t.Parallel()
	both := ring(t, second, first)
	if both.InUse() != both.Oldest() {
		t.Errorf("%s is in use before anybody decided", both.InUse())
	}
	byFirst := both.Seal("s", "user/1")
	if err := both.Use(both.Newest(), []seal.ID{both.Oldest()}); err != nil {
		t.Fatal(err)
	}
	bySecond := both.Seal("s", "user/1")
	nameless := sealedWithoutName(t, first, "s", "user/1")
	for name, c := range map[string]struct {
		sealed []byte
		by     seal.ID
	}{
		"the first": {byFirst, both.Oldest()}, "the second": {bySecond, both.Newest()}, "without a name": {nameless, both.Oldest()},
	} {
		got, err := both.Open(c.sealed, "user/1")
		if err != nil || got != "s" || both.SealedWith(c.sealed, "user/1") != c.by {
			t.Errorf("%s: %q, %v, sealed with %s; want %s", name, got.Reveal(), err, both.SealedWith(c.sealed, "user/1"), c.by)
		}
	}
	if got := ring(t, second).SealedWith(nameless, "user/1"); got != "" {
		t.Errorf("the ring without its key names %s", got)
	}
	if got := both.Trusted(); len(got) != 1 || string(got[0]) != second {
		t.Errorf("%d keys are trusted after one was retired", len(got))
	}
	if err := both.Use(ring(t, strings.Repeat("2d", 32)).Newest(), nil); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("a strange key came into use: %v", err)
	}
}

// sealedWithoutName is a value of the first form.
func sealedWithoutName(t *testing.T, key, secret, context string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(key)
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
	return aead.Seal([]byte{1}, nil, []byte(secret), []byte(context))
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "not set", " ,\n": "not set", "abc": "64 hexadecimal characters", strings.Repeat("0g", 32): "64 hexadecimal characters", first + "00": "64 hexadecimal characters",
		first + "," + strings.Repeat("0g", 32): "key 2 of 2", first + "\n" + strings.ToUpper(first): "twice",
		strings.Repeat(first+" ", 9): "9 keys",
	} {
		_, err := seal.ParseRing(seal.Secret(text))
		if fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "0g0g") || strings.Contains(err.Error(), "0f0f") {
			t.Errorf("%d characters: %v; want InvalidConfiguration with %q that shows no key", len(text), err, want)
		}
	}
	for _, text := range []string{first, first + "\n", first + "," + second, first + "\r\n" + second + "\n"} {
		if _, err := seal.ParseRing(seal.Secret(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
