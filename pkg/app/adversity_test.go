package app_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

const lewis = "user_lewis"

// office is a post office with a clock that can be moved.
func office(t *testing.T, c *clock) *postOffice {
	t.Helper()
	c.forward(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	p := &postOffice{}
	p.world = newWorld(t, options{people: sandbox.People()[:1], now: c.now, imap: true, change: func(c *config.Config) {
		c.IMAP.Encryption, c.IMAP.Username, c.IMAP.AuthservID = "none", sandbox.InboxAddress, mailbox.AuthservID
	}})
	p.pool = p.world.pool(t)
	p.deliver = func(t *testing.T, raw []byte) {
		t.Helper()
		must(t, p.box.Mail.Deliver("someone@sandbox.example", []string{sandbox.InboxAddress}, raw))
	}
	return p
}

func (p *postOffice) say(t *testing.T, to mailbox.Message, line string) string {
	t.Helper()
	if as := p.post(t, p.reply(t, to, line)); len(as) == 1 {
		return text(t, as[0])
	}
	return ""
}

func (p *postOffice) press(t *testing.T, monday int, line string) replies.Report {
	t.Helper()
	r, err := p.Click(t.Context(), lewis, week+calendar.Date(monday), line, line+rand.Text())
	must(t, err)
	return r
}

func (p *postOffice) allergic(t *testing.T, to string) {
	t.Helper()
	u, err := p.Users.Get(t.Context(), lewis)
	must(t, err)
	u.Settings.Allergens = []string{to}
	must(t, p.Users.Set(t.Context(), u))
}

const sesame = "Ham and egg rice bowl" // Monday's breakfast holds it

func dsn(original string) []byte {
	return []byte("From: anyone@evil.example\r\nTo: <plan@sandbox.example>\r\nSubject: x\r\nMessage-ID: <evil@x.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + original + ">\r\n\r\n--b--\r\n")
}

func TestABounceOfNonsenseDoesNotBlockTheInbox(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	letter := p.planMail(t, lewis)
	p.deliver(t, dsn("\xff@x.example"))
	p.deliver(t, p.reply(t, letter, "SKIP monday breakfast"))
	for range 3 {
		n, err := p.ReadInbox(t.Context())
		t.Log(n, err)
	}
	if _, w := p.stored(t, lewis); len(w.Skips) == 0 {
		t.Error("the command behind it is never read")
	}
}

func TestUndoPlansNoAllergen(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	letter := p.planMail(t, lewis)
	p.allergic(t, "sesame")
	p.say(t, letter, "SKIP sunday breakfast")
	if is, _ := p.stored(t, lewis); is.Days[0].Meals[0].Name == sesame {
		t.Skip("not cleaned")
	}
	p.say(t, letter, "UNDO")
	if is, _ := p.stored(t, lewis); is.Days[0].Meals[0].Name == sesame {
		t.Error("UNDO planned sesame for somebody allergic to it")
	}
}

const waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

func TestSteeringKeepsWhatOthersChange(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	p.planMail(t, lewis)
	st := postgres.NewCommands(p.pool, observe.TraceParent)
	var others sync.WaitGroup
	must(t, st.Transact(t.Context(), lewis, func(ctx context.Context, tx replies.Tx) error {
		in, err := tx.Inputs(ctx, week)
		must(t, err)
		others.Go(func() {
			_, err := p.Users.Change(t.Context(), lewis, func(u *user.User) error { u.Settings.Allergens = []string{"nuts"}; return nil })
			if err != nil {
				t.Error(err)
			}
		})
		others.Go(func() {
			if err := p.Users.Unsubscribe(t.Context(), lewis, "daily_advisor"); err != nil {
				t.Error(err)
			}
		})
		await(t, p.pool, 2, waiting)
		in.User.Settings.Dislikes = []string{"olives"}
		return tx.Save(ctx, replies.Change{User: &in.User, Record: replies.Record{Week: week, Source: replies.ByMail, MessageID: "x", Digest: "x", Outcome: command.Applied}})
	}))
	others.Wait()
	u, err := p.Users.Get(t.Context(), lewis)
	must(t, err)
	if len(u.Settings.Allergens) == 0 || len(u.Settings.NoMail) == 0 || len(u.Settings.Dislikes) == 0 {
		t.Errorf("allergens %v, no_mail %v, dislikes %v", u.Settings.Allergens, u.Settings.NoMail, u.Settings.Dislikes)
	}
}

// More clicks at once than there are database connections are all answered: none holds one
// while it waits for another.
func TestManyClicksAtOnce(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	must(t, p.Start(t.Context()))
	p.planMail(t, lewis)
	var wg sync.WaitGroup
	for _, d := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		for _, m := range recipe.Meals {
			for _, v := range []string{"SKIP", "LOCK"} {
				link := p.Links.Command(lewis, week, v+" "+d+" "+m.String())
				wg.Go(func() {
					if code, page := p.visit(t, http.MethodPost, link); code != http.StatusOK && code != http.StatusConflict {
						t.Errorf("%s %s %s: %d %s", v, d, m, code, page)
					}
				})
			}
		}
	}
	wg.Wait()
}

func TestUndoTakesBackNothingElse(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	p.planMail(t, lewis)
	p.press(t, 0, "SKIP monday breakfast")
	p.press(t, 7, "DISLIKE olives")
	p.press(t, 7, "PAUSE")
	p.press(t, 0, "UNDO")
	u, err := p.Users.Get(t.Context(), lewis)
	must(t, err)
	if len(u.Settings.Dislikes) == 0 || u.Enabled {
		t.Errorf("UNDO of a SKIP: dislikes %v, enabled %t", u.Settings.Dislikes, u.Enabled)
	}
}

func TestSteeringWhileTheWeekIsPlanned(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	p.planMail(t, lewis)
	st := postgres.NewCommands(p.pool, observe.TraceParent)
	var planned sync.WaitGroup
	must(t, st.Transact(t.Context(), lewis, func(ctx context.Context, tx replies.Tx) error {
		in, err := tx.Inputs(ctx, week+7)
		must(t, err)
		planned.Go(func() {
			if _, err := p.Generate(t.Context(), planner.Request{User: lewis, Week: week + 7}, nil); err != nil {
				t.Error(err)
			}
		})
		await(t, p.pool, 1, waiting)
		in.Wishes.Skips = append(in.Wishes.Skips, plan.Slot{Date: week + 8, Meal: recipe.Dinner})
		return tx.Save(ctx, replies.Change{Wishes: &in.Wishes, Record: replies.Record{Week: week + 7, Source: replies.ByMail, MessageID: "x", Digest: "x", Outcome: command.Applied}})
	}))
	planned.Wait()
	in, err := p.Plans.Inputs(t.Context(), lewis, week+7)
	must(t, err)
	if in.Existing.Week.Days[1].Meals[recipe.Dinner] != nil && len(in.Wishes.Skips) == 1 {
		t.Error("skipped by the wishes, planned by the plan")
	}
}

func TestLocksBeforeThePlan(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	p.planMail(t, lewis)
	p.allergic(t, "nuts")
	r := p.press(t, 7, "LOCK friday dinner Lentil and walnut pâté plate")
	if _, err := p.Generate(t.Context(), planner.Request{User: lewis, Week: week + 7}, nil); err != nil {
		t.Errorf("%s; then %v", r.Outcome, err)
	}
}

func TestDaysThatAreOverStay(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	letter := p.planMail(t, lewis)
	start, _ := p.stored(t, lewis)
	p.say(t, letter, "STATUS")
	c.forward(time.Date(2026, 12, 5, 12, 0, 0, 0, time.UTC)) // Saturday
	p.allergic(t, "sesame")
	p.say(t, letter, "ADD more vegetables")
	is, _ := p.stored(t, lewis)
	for _, d := range plan.Diff(start, is) {
		if d.Date < week+5 { // a dish of today's may hold sesame
			t.Errorf("%s %s: %s -> %s", d.Date, d.Meal, d.Was.Name, d.Is.Name)
		}
	}
}

func TestReplaysWithOtherFields(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	letter := p.planMail(t, lewis)
	p.say(t, letter, "SKIP monday breakfast")
	raw := string(p.reply(t, letter, "UNSKIP monday breakfast"))
	p.post(t, []byte(raw))
	p.say(t, letter, "SKIP monday breakfast")
	p.post(t, []byte(strings.Replace(raw, "\r\n", "\r\nDate: Tue, 24 Nov 2026 18:00:00 +0000\r\nMessage-ID: <new@x>\r\n", 1)))
	if _, w := p.stored(t, lewis); len(w.Skips) == 0 {
		t.Error("the replay was carried out")
	}
}

func TestOldAdviceIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	pool := w.pool(t)
	w.due(t, pool, schedule.DailyAdvisor)
	n, err := w.Jobs.Tick(t.Context()) // queued, and then nobody works for a day
	must(t, err)
	_, err = pool.Exec(t.Context(), `update river_job set scheduled_at = scheduled_at - interval '1 day', args = args || jsonb_build_object(
		'occurrence', (args->>'occurrence')::timestamptz - interval '1 day', 'fire', (args->>'fire')::timestamptz - interval '1 day', 'due', (args->>'due')::timestamptz - interval '1 day')`)
	must(t, err)
	must(t, w.Start(t.Context()))
	await(t, pool, n, finals)
	await(t, pool, 0, "select count(*) from outbox where email_type = 'daily_advisor'")
}

func TestALostJobRunsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	pool := w.pool(t)
	w.due(t, pool, schedule.WeeklyGeneration)
	_, err := w.Jobs.Tick(t.Context())
	must(t, err)
	_, err = pool.Exec(t.Context(), "delete from river_job")
	must(t, err)
	must(t, w.Start(t.Context()))
	await(t, pool, 1, "select count(*) from plans")
}

func TestProposalsAreGoneAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	pool := w.pool(t)
	for _, s := range []string{"insert into fatsecret_cache (user_id, kind, data, fetched_at) values ('user_kenji', 'trends', '\"TARGETS 143 71 219\"', now())", ""} {
		if s == "" {
			w.mustGenerate(t, "user_kenji")
			s = "update outbox set created_at = created_at - interval '24 hours'"
		}
		_, err := pool.Exec(t.Context(), s)
		must(t, err)
	}
	must(t, w.Purge(t.Context()))
	await(t, pool, 0, "select (select count(*) from plans where data::text like '%TARGETS 143 71 219%') + (select count(*) from outbox where text_body like '%TARGETS 143 71 219%')")
}

// A meal that was eaten is on record until that is taken back.
func TestMealsEatenAreOnRecord(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	p.planMail(t, lewis)
	c.forward(time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)) // Thursday
	ate := p.press(t, 0, "ATE thursday lunch").Answer.Undo
	await(t, p.pool, 1, "select count(*) from meal_log")
	if r := p.press(t, 0, ate); r.Outcome != command.Applied {
		t.Errorf("UNDO of ATE: %s %v", r.Outcome, r.Answer.Problems)
	}
	await(t, p.pool, 0, "select count(*) from meal_log")
}
