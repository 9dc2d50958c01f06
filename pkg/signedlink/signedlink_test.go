package signedlink_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

func TestSignedLink(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := signedlink.New(signedlink.Key("0123456789abcdef0123456789abcdef"), clock)
	token := s.Sign("plan", "user_ana", "2026-11-30", time.Hour)

	c, err := s.Verify("plan", token)
	if err != nil || c.User != "user_ana" || c.Subject != "2026-11-30" {
		t.Fatalf("got %+v, %v", c, err)
	}
	flipped := []byte(token)
	flipped[3] ^= 1
	for name, bad := range map[string]string{
		"changed": string(flipped), "cut": token[:len(token)-2], "empty": "", "not base64": "!!!", "huge": strings.Repeat("A", 5000),
		"other key": signedlink.New(signedlink.Key("another key"), clock).Sign("plan", "user_ana", "", time.Hour),
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

// keys are a ring: the first signs.
type keys []string

func (k keys) Signing() []byte { return []byte(k[0]) }

func (k keys) Trusted() [][]byte {
	out := make([][]byte, len(k))
	for i := range k {
		out[i] = []byte(k[i])
	}
	return out
}

// TestOldKeysVerify: after a rotation links and reply addresses of the old key go on
// working, and mails keep their names; once it is trusted no more, neither does.
func TestOldKeysVerify(t *testing.T) {
	t.Parallel()
	before, during, after := signedlink.New(keys{"old"}, time.Now), signedlink.New(keys{"new", "old"}, time.Now), signedlink.New(keys{"new"}, time.Now)
	link := before.Sign("plan", "user_ana", "2026-11-30", time.Hour)
	name := before.Key("weekly_plan", "user_ana", "2026-11-30")
	tag := before.ReplyTag(name, "user_ana", "2026-11-30")
	if _, err := during.Verify("plan", link); err != nil || !during.VerifyReplyTag(tag, "user_ana", "2026-11-30") {
		t.Errorf("with both keys: %v", err)
	}
	if during.Key("weekly_plan", "user_ana", "2026-11-30") != name {
		t.Error("the rotation renames mails")
	}
	if _, err := after.Verify("plan", link); err == nil || after.VerifyReplyTag(tag, "user_ana", "2026-11-30") {
		t.Errorf("without the old key: %v", err)
	}
	for _, s := range []*signedlink.Signer{during, after} {
		if _, err := s.Verify("plan", during.Sign("plan", "user_ana", "", time.Hour)); err != nil {
			t.Errorf("a link of the new key: %v", err)
		}
	}
}
