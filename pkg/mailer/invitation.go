package mailer

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// InvitationType is the email_type of invitations.
const InvitationType = "invitation"

// Invitation writes the mail with the link by which a user to be sets themselves up.
func (r *Renderer) Invitation(u user.User, token string, valid time.Duration) (mail.Mail, error) {
	const day = 24 * time.Hour
	l := u.Settings.Language
	v := struct {
		Subject, Preheader, Headline, URL, Pixel string
		Days                                     int
	}{
		Subject: l.Say("You are invited: set up your meal plan"), Preheader: l.Say("Five short steps, and your first week is planned."), Headline: l.Say("You are invited to a meal plan of your own"),
		URL: r.links.Invitation(token), Days: int(valid / day),
	}
	text, html, err := r.bodies(l, InvitationType, v, v)
	if err != nil {
		return mail.Mail{}, err
	}
	sum := sha256.Sum256([]byte(token))
	const enough = 8
	period := hex.EncodeToString(sum[:enough])
	return mail.Mail{
		Type: InvitationType, Period: period, MessageID: r.messageID(InvitationType, u.ID, period), To: u.Email, Subject: v.Subject, Text: text, HTML: html,
		Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	}, nil
}
