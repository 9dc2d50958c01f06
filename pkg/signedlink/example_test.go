package signedlink_test

import (
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

func ExampleSigner_Verify() {
	now := time.Date(2026, 12, 4, 6, 0, 0, 0, time.UTC)
	s := signedlink.New(signedlink.Key("a key of thirty-two bytes, or so"), func() time.Time { return now })
	token := s.Sign("unsubscribe", "ana", "weekly_plan", 24*time.Hour)
	claims, err := s.Verify("unsubscribe", token)
	fmt.Println(claims.User, claims.Subject, err)
	_, err = s.Verify("skip", token)
	fmt.Println("for another purpose:", err != nil)
	now = now.Add(25 * time.Hour)
	_, err = s.Verify("unsubscribe", token)
	fmt.Println("a day later:", err != nil)
	// Output:
	// ana weekly_plan <nil>
	// for another purpose: true
	// a day later: true
}
