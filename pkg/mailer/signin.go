package mailer

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/signin"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// SignInType is the email_type of mails with a link to sign in.
const SignInType = "sign_in"

var _ signin.Letters = (*Renderer)(nil)

// SignIn implements [signin.Letters]. The mail tells nothing of its reader.
func (r *Renderer) SignIn(u user.User, token string, valid time.Duration) (mail.Mail, error) {
	l := u.Settings.Language
	v := struct {
		Subject, Preheader, Headline, URL, Pixel string
		Minutes                                  int
	}{
		Subject: l.Say("Sign in: your link, for %d minutes", int(valid.Minutes())), Preheader: l.Say("It works once."), Headline: l.Say("Sign in to your account"),
		URL: r.links.SignIn(token), Minutes: int(valid.Minutes()),
	}
	text, html, err := r.bodies(l, SignInType, v, v)
	if err != nil {
		return mail.Mail{}, err
	}
	sum := sha256.Sum256([]byte(token))
	const enough = 8
	period := hex.EncodeToString(sum[:enough])
	return mail.Mail{
		Type: SignInType, Period: period, MessageID: r.messageID(SignInType, u.ID, period), To: u.Email, Subject: v.Subject, Text: text, HTML: html,
		Headers: map[string]string{"Auto-Submitted": "auto-generated"}, Fingerprint: quotation.Of(v.Subject, text, quotation.Text(html)),
	}, nil
}
