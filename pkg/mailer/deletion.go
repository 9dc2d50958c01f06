package mailer

import (
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// DeletionType is the email_type of mails with a link by which an account is deleted.
const DeletionType = "account_deletion"

// Deletion writes the mail with the link by which the user deletes everything; at is when it was
// asked for.
func (r *Renderer) Deletion(u user.User, at time.Time, valid time.Duration) (mail.Mail, error) {
	l := u.Settings.Language
	v := struct {
		Subject, Preheader, Headline, URL, Pixel string
		Minutes                                  int
	}{
		Subject: l.Say("Delete your meal plan and all that is stored?"), Preheader: l.Say("Nothing is deleted yet."), Headline: l.Say("Delete everything?"),
		URL: r.links.Deletion(u.ID), Minutes: int(valid.Minutes()),
	}
	text, html, err := r.bodies(l, DeletionType, v, v)
	if err != nil {
		return mail.Mail{}, err
	}
	period := strconv.FormatInt(at.UnixMilli(), 36)
	return mail.Mail{
		Type: DeletionType, Period: period, MessageID: r.messageID(DeletionType, u.ID, period), To: u.Email, Subject: v.Subject, Text: text, HTML: html,
		Headers: map[string]string{"Auto-Submitted": "auto-generated"}, Fingerprint: quotation.Of(v.Subject, text, quotation.Text(html)),
	}, nil
}
