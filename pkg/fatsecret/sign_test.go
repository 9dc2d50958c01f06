package fatsecret_test

import (
	"maps"
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	common := url.Values{
		"oauth_consumer_key": {"demo-key"}, "oauth_signature_method": {"HMAC-SHA1"}, "oauth_timestamp": {"1796256000"},
		"oauth_nonce": {"0123456789abcdef"}, "oauth_version": {"1.0"}, "format": {"json"},
	}
	with := func(more ...string) url.Values {
		v := url.Values{}
		maps.Copy(v, common)
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for _, tc := range []struct {
		name   string
		params url.Values
		token  seal.Secret
		want   string
	}{
		{
			"delegated, with text that needs escaping", with("oauth_token", "user-token", "method", "food_entry.create", "food_id", "4384",
				"food_entry_name", "Crème brûlée (12 oz) 85% + tea", "serving_id", "16758", "number_of_units", "1.5", "meal", "dinner", "date", "20790"),
			"user-secret", "bV/F7tk2RAGmpZyseeTEVSHyZrY=",
		},
		{"without a token", with("method", "foods.search", "search_expression", "oats"), "", "vMqrxYAFSQTBXF8dwwk7jaq+J8k="},
	} {
		address, err := url.Parse(fatsecret.DefaultURL)
		if err != nil {
			t.Fatal(err)
		}
		if got := fatsecret.Sign(fatsecret.BaseString("POST", address, tc.params), "demo-secret", tc.token); got != tc.want {
			t.Errorf("%s: signature = %s; want %s", tc.name, got, tc.want)
		}
	}
}

// The request of RFC 5849, 3.4.1.1: parameters in query and body, a name used twice, empty
// values, and a host in capitals with the default port.
func TestBaseStringOfRFC5849(t *testing.T) {
	t.Parallel()
	address, err := url.Parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
	if err != nil {
		t.Fatal(err)
	}
	got := fatsecret.BaseString("post", address, url.Values{
		"oauth_consumer_key": {"9djdj82h48djs9d2"}, "oauth_token": {"kkk9d7dh3k39sjv7"}, "oauth_signature_method": {"HMAC-SHA1"},
		"oauth_timestamp": {"137131201"}, "oauth_nonce": {"7d8f3e4a"}, "c2": {""}, "a3": {"2 q"},
	})
	const want = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D" +
		"%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1" +
		"%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if got != want {
		t.Errorf("base string\n%s\nwant\n%s", got, want)
	}
}

func TestEscapeRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		e := fatsecret.Escape(s)
		back, err := url.PathUnescape(e)
		if err != nil || back != s {
			t.Fatalf("Escape(%q) = %q, which reads as %q, %v", s, e, back, err)
		}
		for _, c := range []byte(e) {
			if c == '+' || c == '*' || c == ' ' || c >= 0x80 {
				t.Fatalf("Escape(%q) = %q holds %q", s, e, c)
			}
		}
	})
}
