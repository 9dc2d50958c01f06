package secretbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
)

var key = secretbox.Secret(strings.Repeat("0f", 32))

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	const value = "tda_12345"
	s := secretbox.Secret(value)
	holder := struct {
		Token secretbox.Secret
		List  []secretbox.Secret
	}{s, []secretbox.Secret{s}}

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
	var back secretbox.Secret
	if err := json.Unmarshal([]byte(`"abc"`), &back); err != nil || back.Reveal() != "abc" {
		t.Errorf("unmarshal = %q, %v; want abc", back.Reveal(), err)
	}
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	box, err := secretbox.New(key)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := secretbox.Secret(rapid.String().Draw(t, "secret"))
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
	box, err := secretbox.New(key)
	if err != nil {
		t.Fatal(err)
	}
	other, err := secretbox.New(secretbox.Secret(strings.Repeat("1e", 32)))
	if err != nil {
		t.Fatal(err)
	}
	sealed := box.Seal("s", "user/1")
	for name, open := range map[string]func() (secretbox.Secret, error){
		"other key":     func() (secretbox.Secret, error) { return other.Open(sealed, "user/1") },
		"other context": func() (secretbox.Secret, error) { return box.Open(sealed, "user/2") },
		"empty":         func() (secretbox.Secret, error) { return box.Open(nil, "user/1") },
		"short":         func() (secretbox.Secret, error) { return box.Open(sealed[:5], "user/1") },
	} {
		if _, err := open(); fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("%s: err = %v; want InvalidConfiguration", name, err)
		}
	}
}

func TestKeyIsChecked(t *testing.T) {
	t.Parallel()
	for _, k := range []secretbox.Secret{"", "abc", secretbox.Secret(strings.Repeat("0g", 32)), key + "00"} {
		if _, err := secretbox.New(k); fault.KindOf(err) != fault.InvalidConfig || strings.Contains(err.Error(), "0g0g") {
			t.Errorf("New(%d characters) = %v; want InvalidConfiguration that does not show the key", len(k), err)
		}
	}
}
