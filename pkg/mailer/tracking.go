package mailer

import (
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// tracking makes the HTML of one mail say that it was opened or clicked, as far as its user
// lets it. The text and what ends the mails are never tracked.
type tracking struct {
	links Links
	user  user.User
	key   [signedlink.ReplyKeySize]byte
}

func (r *Renderer) tracking(u user.User, emailType, period string) tracking {
	return tracking{r.links, u, r.links.Key(emailType, u.ID, period)}
}

// link returns the address to put in the place of one of our pages' addresses.
func (t tracking) link(address string) string {
	if !t.user.Settings.TrackClicks {
		return address
	}
	return t.links.Click(t.key, address)
}

// pixel returns the address of the picture that tells of an opening, "" without consent.
func (t tracking) pixel() string {
	if !t.user.Settings.TrackOpens {
		return ""
	}
	return t.links.Open(t.key)
}
