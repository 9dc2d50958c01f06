package app_test

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// Who objects later is heard at once, for mails delivered before too; the links go on to
// work.
func TestObjectionsHoldForDeliveredMails(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	r.accepted(t, time.Minute)
	r.change(t, "user_lewis", func(u *user.User) { u.Settings.TrackOpens, u.Settings.TrackClicks = false, false })
	if got := r.visit(t, http.MethodGet, r.found(t, "lewis", "/r/")); got.status != 200 || !strings.HasPrefix(got.path, "/plan/") {
		t.Errorf("the link leads to %s: %d", got.path, got.status)
	}
	r.visit(t, http.MethodGet, r.found(t, "lewis", "/o/"))
	r.expect(t, "after the objection", "click", 0, 0, 0)
	r.expect(t, "after the objection", "open", 0, 0, 0)
	m, err := r.PreviewMail(t.Context(), "user_lewis", mailer.WeeklyPlanType)
	if must(t, err); strings.Contains(m.HTML, "/r/") || strings.Contains(m.HTML, "/o/") || !strings.Contains(m.HTML, "/plan/") {
		t.Error("the next mail is tracked all the same")
	}
}

// A report that a mail came back fails it once; the third in a row is somebody's matter.
func TestBouncedMails(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	bounce := func(id string, permanent bool) {
		t.Helper()
		must(t, r.Bounced(t.Context(), inbox.Bounce{MessageID: id, Recipient: "ana@sandbox.example", Status: "5.1.1", Permanent: permanent}))
	}
	messageID := func(emailType string) (id string) {
		t.Helper()
		must(t, r.pool.QueryRow(t.Context(), "select message_id from outbox where user_id = 'user_ana' and email_type = $1 order by id desc limit 1", emailType).Scan(&id))
		return id
	}
	failures := func(when string, want int64, rate float64) {
		t.Helper()
		rates, err := r.Outbox.DeliveryRate(t.Context())
		must(t, err)
		if n := r.sums(t)["email_delivery_failures_total"]; n != want || rates["weekly_plan"] != rate {
			t.Errorf("%s: %d failures, rates %v; want %d, %g", when, n, rates, want, rate)
		}
	}
	bounce(messageID("weekly_plan"), false)
	bounce("nobody@sandbox.example", true)
	bounce("", true)
	failures("nothing of ours for good", 0, 1)
	bounce(messageID("weekly_plan"), true)
	failures("once", 1, .5)
	bounce(messageID("weekly_plan"), true)
	failures("twice", 1, .5)
	for i, emailType := range []string{mailer.DailyAdvisorType, mailer.WeeklyTrendsType} {
		_, err := r.SendMail(t.Context(), "user_ana", emailType)
		must(t, err)
		await(t, r.pool, 3+i, "select count(*) from outbox where status = 'sent'")
		alarmed := strings.Contains(r.logs.String(), "Mails to a user keep bouncing")
		bounce(messageID(emailType), true)
		if now := strings.Contains(r.logs.String(), "Mails to a user keep bouncing"); alarmed || now != (i == 1) {
			t.Errorf("after %d bounces somebody is told: %t", i+2, now)
		}
	}
	var line string
	for l := range strings.Lines(r.logs.String()) {
		if strings.Contains(l, "keep bouncing") {
			line = l
		}
	}
	for _, want := range []string{`"level":"ERROR"`, `"user_id":"user_ana"`, "the last 3 mails", "mealplanner user set user_ana --email"} {
		if !strings.Contains(line, want) {
			t.Errorf("the line does not say %s: %s", want, line)
		}
	}
	if strings.Contains(r.logs.String(), "ana@sandbox.example") {
		t.Error("the log holds an address")
	}
	u, err := r.Users.Get(t.Context(), "user_ana")
	if must(t, err); !u.Enabled || len(u.Settings.NoMail) > 0 {
		t.Error("something was switched off")
	}
	// A mail that arrives ends the row.
	_, err = r.SendMail(t.Context(), "user_ana", mailer.WeeklyPlanType)
	must(t, err)
	await(t, r.pool, 5, "select count(*) from outbox where status = 'sent'")
	var id string
	must(t, r.pool.QueryRow(t.Context(), "update outbox set bounced_at = null where user_id = 'user_ana' and email_type = 'daily_advisor' returning message_id").Scan(&id))
	bounce(id, true)
	if n := strings.Count(r.logs.String(), "keep bouncing"); n != 1 {
		t.Errorf("%d alarms, want 1", n)
	}
}

// A mail sent by hand is delivered beside the scheduled one and does not stand in for it;
// a preview stores nothing, and its links count for no mail.
func TestMailsByHand(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	r.accepted(t, time.Minute)
	for _, emailType := range []string{mailer.WeeklyPlanType, mailer.DailyAdvisorType, mailer.WeeklyTrendsType} {
		m, err := r.PreviewMail(t.Context(), "user_lewis", emailType)
		must(t, err)
		if m.Type != emailType || m.To != "lewis@sandbox.example" || m.Text == "" || m.HTML == "" {
			t.Errorf("%s: %+v", emailType, m)
		}
		if link := regexp.MustCompile(`http://localhost:8080/r/[^"]+`).FindString(m.HTML); link != "" {
			r.visit(t, http.MethodGet, html.UnescapeString(link))
		}
	}
	r.expect(t, "in a preview", "click", 0, 0, 0)
	await(t, r.pool, 2, "select count(*) from outbox")
	sent, err := r.SendMail(t.Context(), "user_lewis", mailer.DailyAdvisorType)
	must(t, err)
	must(t, r.box.Mail.Wait(t.Context(), 3))
	if !bytes.Contains(r.box.Mail.Messages()[2].Raw, []byte(sent.MessageID)) {
		t.Error("another mail was delivered")
	}
	date := sent.Period[:len("2026-11-30")]
	if mailed, err := r.Outbox.Mailed(t.Context(), "user_lewis", mailer.DailyAdvisorType, date); mailed || err != nil {
		t.Errorf("it stands in for the mail of %s: %v", date, err)
	}
	must(t, r.Users.Unsubscribe(t.Context(), "user_lewis", mailer.DailyAdvisorType))
	for name, c := range map[string]struct {
		user, emailType string
		kind            fault.Kind
	}{
		"unsubscribed": {"user_lewis", mailer.DailyAdvisorType, fault.Conflict},
		"nobody":       {"user_nobody", mailer.WeeklyPlanType, fault.NotFound},
		"no plan":      {"user_tom", mailer.WeeklyPlanType, fault.NotFound},
		"no such type": {"user_lewis", "lunch", fault.InvalidInput},
	} {
		if _, err := r.SendMail(t.Context(), c.user, c.emailType); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A delivery report in the inbox marks the mail that it names.
func TestBounceInTheInbox(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", nil)
	m := p.planMail(t, "user_lewis")
	report := fmt.Appendf(nil, "Return-Path: <>\r\nFrom: MAILER-DAEMON@sandbox.example\r\nTo: <%s>\r\nSubject: Undelivered Mail\r\nMessage-ID: <dsn-1@sandbox.example>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver your mail.\r\n"+
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.sandbox.example\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\nSubject: %s\r\n\r\n--b--\r\n", sandbox.InboxAddress, m.To, m.MessageID, m.Subject)
	if answers := p.post(t, report); len(answers) != 0 {
		t.Errorf("%d answers to a machine", len(answers))
	}
	await(t, p.pool, 1, "select count(*) from outbox where bounced_at is not null and last_error = 'bounced: 5.1.1'")
	if n := p.sums(t)["email_delivery_failures_total"]; n != 1 {
		t.Errorf("%d failures are counted", n)
	}
}
