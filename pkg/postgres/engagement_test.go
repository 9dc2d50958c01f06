package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

func exec(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// queue puts Ana's mails into the outbox.
func queue(t *testing.T, pool *pgxpool.Pool, messageIDs ...string) *postgres.Outbox {
	t.Helper()
	box := postgres.NewOutbox(pool, noTrace)
	for _, id := range messageIDs {
		m := mail.Mail{Type: "weekly_plan", Period: id, MessageID: id, ReplyKey: "key-" + id, To: "ana@example.org", Subject: "secret", Text: "secret", HTML: "secret"}
		if ok, err := box.Add(t.Context(), "user_ana", m); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	return box
}

func sendAll(t *testing.T, box *postgres.Outbox) {
	t.Helper()
	for found := true; found; {
		var err error
		if found, err = box.Next(t.Context(), func(context.Context, outbox.Queued) outbox.Outcome { return outbox.Outcome{} }); err != nil {
			t.Fatal(err)
		}
	}
}

// A signal sooner after the acceptance than a person can send it is a machine's, and so is
// one of a mail that was not accepted yet.
func TestSignalsTooSoonAreMachines(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	u := ana()
	u.Settings.TrackOpens, u.Settings.TrackClicks = true, true
	if err := postgres.NewUsers(pool).Set(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	box := queue(t, pool, "a")
	note := func(s outbox.Signal, first bool) {
		t.Helper()
		n, err := box.Record(t.Context(), outbox.Event{Mail: "key-a", Signal: s})
		if err != nil || n.User != "user_ana" || n.Type != "weekly_plan" || n.First != first {
			t.Errorf("%s: %+v, %v; want first = %t", s, n, err, first)
		}
	}
	note(outbox.Clicked, false)
	sendAll(t, box)
	note(outbox.Clicked, false)
	note(outbox.Opened, false)
	exec(t, pool, "update outbox set sent_at = now() - interval '7 seconds'")
	note(outbox.Opened, false)
	note(outbox.Clicked, true)
	note(outbox.Clicked, false)
	exec(t, pool, "update outbox set sent_at = now() - interval '11 seconds'")
	note(outbox.Opened, true)
	if n, err := box.Record(t.Context(), outbox.Event{Mail: "key-a", Signal: outbox.Clicked, Machine: true}); err != nil || n.First {
		t.Errorf("a machine's: %+v, %v", n, err)
	}
	if n, err := box.Record(t.Context(), outbox.Event{Mail: "unknown", Signal: outbox.Clicked}); err != nil || n != (outbox.EventResult{}) {
		t.Errorf("an unknown mail: %+v, %v", n, err)
	}
}

// What a user objected to is not noted: settings that say nothing let clicks be noted.
func TestSignalsThatAreNotWanted(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	box := queue(t, pool, "a")
	sendAll(t, box)
	users := postgres.NewUsers(pool)
	for _, c := range []struct {
		change         func(*user.Settings)
		opens, clicked bool
	}{
		{func(*user.Settings) {}, false, false},
		{func(s *user.Settings) { s.TrackOpens, s.TrackClicks = true, true }, true, true},
		{func(s *user.Settings) { s.TrackClicks = true }, false, true},
	} {
		u := ana()
		c.change(&u.Settings)
		if err := users.Set(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		for s, want := range map[outbox.Signal]bool{outbox.Opened: c.opens, outbox.Clicked: c.clicked} {
			if n, err := box.Record(t.Context(), outbox.Event{Mail: "key-a", Signal: s}); err != nil || (n.User != "") != want {
				t.Errorf("%+v, %s: %+v, %v", u.Settings, s, n, err)
			}
		}
	}
}

// Only the mails at the end of the row count, and a mail that waits or failed is not
// among them.
func TestBouncesInARow(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	box := queue(t, pool, "a", "b", "c", "d")
	sendAll(t, box)
	exec(t, pool, "update outbox set sent_at = now() - interval '1 hour' + make_interval(mins => id::int)")
	queue(t, pool, "waits", "failed")
	exec(t, pool, "update outbox set status = 'failed' where period = 'failed'")
	for _, c := range []struct {
		id        string
		permanent bool
		news      bool
		inARow    int
	}{
		{"a", true, true, 0}, // b came after it
		{"a", true, false, 0},
		{"d", false, false, 0},
		{"d", true, true, 1},
		{"b", true, true, 1}, // c is between them
		{"c", true, true, 4},
		{"waits", true, false, 0},
		{"failed", true, false, 0},
		{"unknown", true, false, 0},
	} {
		r, news, err := box.Bounced(t.Context(), c.id, c.permanent, "5.1.1")
		if err != nil || news != c.news || r.InARow != c.inARow {
			t.Errorf("%s: %+v, %t, %v", c.id, r, news, err)
		}
	}
	rates, err := box.DeliveryRate(t.Context())
	if err != nil || rates["weekly_plan"] != 0 {
		t.Errorf("rates %v, %v", rates, err)
	}
	stats, err := box.Stats(t.Context())
	if err != nil || len(stats) != 1 || stats[0].Accepted != 4 || stats[0].Bounced != 4 {
		t.Errorf("statistics %+v, %v", stats, err)
	}
	for _, c := range []struct {
		of   postgres.MailsOf
		want int
	}{
		{postgres.MailsOf{}, 6}, {postgres.MailsOf{FailedOnly: true}, 5}, {postgres.MailsOf{User: "user_ana"}, 6}, {postgres.MailsOf{User: "user_bo"}, 0},
	} {
		rows, err := box.Mails(t.Context(), c.of)
		if err != nil || len(rows) != c.want {
			t.Errorf("%+v: %d rows, %v; want %d", c.of, len(rows), err, c.want)
		}
		for i, r := range rows {
			if (r.State == "pending") != (i == 0 && !c.of.FailedOnly) || r.State == "bounced" && r.LastError != "bounced: 5.1.1" {
				t.Errorf("row %d: %+v", i, r)
			}
		}
	}
}

func TestNewestPlan(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	plans := postgres.NewPlans(pool, noTrace)
	if _, err := plans.Newest(t.Context(), "user_ana"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without a plan: %v", err)
	}
	for _, week := range []calendar.Date{monday + 7, monday} {
		d := draft()
		d.Week.WeekOf, d.Mail = week, nil
		for i := range d.Week.Days {
			d.Week.Days[i].Date = week + calendar.Date(i)
		}
		if ok, err := plans.Save(t.Context(), d); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if s, err := plans.Newest(t.Context(), "user_ana"); err != nil || s.Week.WeekOf != monday+7 {
		t.Errorf("got the week of %s, %v", s.Week.WeekOf, err)
	}
}
