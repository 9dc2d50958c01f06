package signedlink_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

func TestSignedLink(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := signedlink.New([]byte("0123456789abcdef0123456789abcdef"), clock)
	token := s.Sign("plan", "user_ana", "2026-11-30", time.Hour)

	c, err := s.Verify("plan", token)
	if err != nil || c.User != "user_ana" || c.Subject != "2026-11-30" {
		t.Fatalf("got %+v, %v", c, err)
	}
	flipped := []byte(token)
	flipped[3] ^= 1
	for name, bad := range map[string]string{
		"changed": string(flipped), "cut": token[:len(token)-2], "empty": "", "not base64": "!!!", "huge": strings.Repeat("A", 5000),
		"other key": signedlink.New([]byte("another key"), clock).Sign("plan", "user_ana", "", time.Hour),
	} {
		if _, err := s.Verify("plan", bad); fault.KindOf(err) != fault.Unauthorized {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := s.Verify("unsubscribe", token); err == nil {
		t.Error("a plan token unsubscribes")
	}
	now = now.Add(time.Hour)
	if _, err := s.Verify("plan", token); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("after an hour: %v", err)
	}
}
