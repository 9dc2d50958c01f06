package replies_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

func TestMailsThatAreDroppedUnanswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world, *replies.Letter)
		want   command.Outcome
		user   string
	}{
		"an automatic reply":       {func(_ *world, l *replies.Letter) { l.Dropped = command.AutoReply }, command.AutoReply, ""},
		"an address without a tag": {func(_ *world, l *replies.Letter) { l.Recipients = []string{"plan@meals.example.org", "no address"} }, command.NoToken, ""},
		"a tag that is too long": {func(_ *world, l *replies.Letter) {
			l.Recipients = []string{"plan+" + strings.Repeat("a", 65) + "@x.org"}
		}, command.NoToken, ""},
		"a tag that is none":           {func(_ *world, l *replies.Letter) { l.Recipients = []string{"plan+abc@meals.example.org"} }, command.BadToken, ""},
		"a tag of an unknown mail":     {func(w *world, _ *replies.Letter) { clear(w.origins) }, command.BadToken, ""},
		"a tag that is another user's": {func(w *world, _ *replies.Letter) { w.reorigin(func(o *replies.Origin) { o.User.ID = "ben" }) }, command.BadToken, ""},
		"a tag that is another week's": {func(w *world, _ *replies.Letter) { w.reorigin(func(o *replies.Origin) { o.Week += 7 }) }, command.BadToken, ""},
		"somebody else's address":      {func(_ *world, l *replies.Letter) { l.From = "eve@example.org" }, command.SenderMismatch, "ana"},
		"a sender whose checks failed": {func(_ *world, l *replies.Letter) { l.Proof = replies.Forged }, command.AuthFailed, "ana"},
		"the right tag as the eleventh": {func(_ *world, l *replies.Letter) {
			l.Recipients = append(slices.Repeat([]string{"plan+abc@x.org"}, 10), l.Recipients[1])
		}, command.BadToken, ""},
	} {
		w := newWorld()
		l := w.letter("SKIP friday")
		c.change(w, &l)
		r, err := w.service().Receive(t.Context(), l)
		if r.Outcome != c.want || r.User != c.user || r.Answered || err != nil {
			t.Errorf("%s: %s of %q, answered %t, %v; want %s", name, r.Outcome, r.User, r.Answered, err, c.want)
		}
		if w.transacts > 0 || len(w.rendered) > 0 {
			t.Errorf("%s: %d transactions, %d answers", name, w.transacts, len(w.rendered))
		}
	}
}

// reorigin changes what is known of the mails that are answered.
func (w *world) reorigin(change func(*replies.Origin)) {
	for k, o := range w.origins {
		change(&o)
		w.origins[k] = o
	}
}

func TestTheTagMayStandAnywhereAmongTheRecipients(t *testing.T) {
	t.Parallel()
	w := newWorld()
	l := w.letter("SKIP friday")
	address := l.Recipients[1]
	l.Recipients = append(slices.Repeat([]string{"plan+abc@x.org"}, 9), strings.ToUpper(address[:len(address)-len("@meals.example.org")])+"@meals.example.org")
	if r, err := w.service().Receive(t.Context(), l); r.Outcome != command.Applied || err != nil {
		t.Errorf("%s, %v", r.Outcome, err)
	}
}

func TestAMailWhoseOriginCannotBeReadComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	l := w.letter("SKIP friday")
	w.failOnce["Origin"] = gone
	if r, err := w.service().Receive(t.Context(), l); r.Outcome != command.Failed || fault.KindOf(err) != fault.DatabaseError || w.transacts > 0 {
		t.Errorf("%s, %v", r.Outcome, err)
	}
	if r, err := w.service().Receive(t.Context(), l); r.Outcome != command.Applied || err != nil {
		t.Errorf("again: %s, %v", r.Outcome, err)
	}
}

func TestAMailIsAnsweredAndRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	r := w.write(t, "Hello,\nLOCK friday dinner\nSKIP saturday\n")
	if r.Outcome != command.Applied || r.User != "ana" || !r.Answered || !slices.Equal(r.Verbs, []command.Verb{command.Lock, command.Skip}) {
		t.Errorf("%+v", r)
	}
	c, a := w.last(t), w.rendered[0]
	if c.Record.Week != week || c.Record.Source != replies.ByMail || c.Record.MessageID != "letter-1@example.org" || c.Record.Said != "" || c.Mail == nil || c.Mail.To != "ana@example.org" {
		t.Errorf("recorded %+v with %+v", c.Record, c.Mail)
	}
	if !slices.Equal(c.Record.Commands, []string{"LOCK 2026-12-04 dinner", "SKIP 2026-12-05"}) || len(c.Record.Results) != 2 || c.Record.Results[0] != a.Done[0].Text {
		t.Errorf("commands %q, results %q", c.Record.Commands, c.Record.Results)
	}
	if a.InReplyTo != c.Record.MessageID || a.Key != c.Record.MessageID || a.Week != week || !slices.Equal(a.Ignored, []string{"Hello,"}) || !a.PlanExists || a.Help || a.Reminder {
		t.Errorf("answered %+v", a)
	}
	if a.Was == nil || a.Is == nil || len(a.Diff) != 3 || a.Was.At(a.Diff[0].Slot) == nil || a.Is.At(a.Diff[0].Slot) != nil {
		t.Errorf("the answer shows %v", a.Diff)
	}
	if !strings.HasPrefix(a.Undo, "UNDO ") || c.Record.Before == nil || c.Record.Before.Stored == nil || len(c.Record.Before.Wishes.Locks) > 0 {
		t.Errorf("undone by %q from %+v", a.Undo, c.Record.Before)
	}
}

func TestAMailThatComesTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	l := w.letter("SKIP friday")
	again := l
	again.MessageID = "another@example.org"
	for i, l := range []replies.Letter{l, l, again} {
		r, err := w.service().Receive(t.Context(), l)
		want := command.Duplicate
		if i == 0 {
			want = command.Applied
		}
		if r.Outcome != want || err != nil || r.Answered != (i == 0) || len(w.changes) != 1 {
			t.Errorf("mail %d: %s, %v; %d stored", i, r.Outcome, err, len(w.changes))
		}
	}
	for name, change := range map[string]func(*replies.Letter){
		"another date":       func(l *replies.Letter) { l.Date = l.Date.Add(time.Second) },
		"another text":       func(l *replies.Letter) { l.Text = "SKIP saturday" },
		"text below as well": func(l *replies.Letter) { l.Text += "\n\nOn Friday, Meal planner wrote:\n> hello\n\nSKIP sunday\n" },
	} {
		was := len(w.changes)
		other := l
		other.MessageID = name
		change(&other)
		if r, err := w.service().Receive(t.Context(), other); r.Outcome == command.Duplicate || err != nil || len(w.changes) != was+1 {
			t.Errorf("%s: %s, %v", name, r.Outcome, err)
		}
	}
}

func TestAButtonWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 2 {
		r, err := w.service().Click(t.Context(), w.in.User, week, "SKIP friday", "the button")
		want := []command.Outcome{command.Applied, command.Duplicate}[i]
		if r.Outcome != want || err != nil || len(w.changes) != 1 {
			t.Errorf("click %d: %s, %v", i, r.Outcome, err)
		}
	}
	if c := w.last(t); c.Record.Source != replies.ByButton || !strings.HasPrefix(c.Record.MessageID, "click.") || w.rendered[0].InReplyTo != "" || w.rendered[0].Key != c.Record.MessageID {
		t.Errorf("recorded %+v, answered %+v", c.Record, w.rendered[0])
	}
	if r, err := w.service().Click(t.Context(), w.in.User, week, "SKIP friday", "another button"); r.Outcome != command.Applied || err != nil {
		t.Errorf("another button: %s, %v", r.Outcome, err)
	}
}

func TestWhatIsRead(t *testing.T) {
	t.Parallel()
	many := func(n int) string { return strings.Repeat("SKIP friday\n", n) }
	quoted := "\n\nOn Friday, Meal planner wrote:\n> SKIP monday\n"
	for name, c := range map[string]struct {
		text     string
		change   func(*replies.Letter)
		want     command.Outcome
		problems int
		says     string
		help     bool
	}{
		"a command":                       {text: "SKIP friday", want: command.Applied},
		"a command above a quotation":     {text: "SKIP friday" + quoted, want: command.Applied},
		"twenty commands":                 {text: many(20), want: command.Applied},
		"more than twenty":                {text: many(21), want: command.TooManyCommands, problems: 1, says: "more than 20 commands"},
		"twenty and a wrong one":          {text: many(20) + "SKIP fryday", want: command.TooManyCommands, problems: 1, says: "more than 20 commands"},
		"a wrong one":                     {text: "SKIP fryday", want: command.NotUnderstood, problems: 1, says: "SKIP <day>", help: true},
		"a right one and a wrong one":     {text: "SKIP friday\nLOCK friday", want: command.NotUnderstood, problems: 1, says: "LOCK <day> <meal>", help: true},
		"no command":                      {text: "Thank you!", want: command.NoCommand, help: true},
		"a command inside the quotation":  {text: "On Friday, Meal planner wrote:\n> hello\n\nSKIP friday\n", want: command.Misplaced, problems: 2, says: "below or inside"},
		"a text that was cut":             {text: "SKIP friday", change: func(l *replies.Letter) { l.TooLong = true }, want: command.NotUnderstood, problems: 1, says: "longer than we read"},
		"a text of 5,000 bytes":           {text: "SKIP friday\n" + strings.Repeat("x", 4_988), want: command.Applied},
		"a text of more":                  {text: "SKIP friday\n" + strings.Repeat("x", 4_989), want: command.NotUnderstood, problems: 1, says: "longer than we read"},
		"a command of a sender in doubt":  {text: "SKIP friday", change: func(l *replies.Letter) { l.Proof = replies.Unknown }, want: command.Unproven},
		"a question of a sender in doubt": {text: "STATUS\nHELP", change: func(l *replies.Letter) { l.Proof = replies.Unknown }, want: command.Informed, help: true},
	} {
		w := newWorld()
		l := w.letter(c.text)
		if c.change != nil {
			c.change(&l)
		}
		r, err := w.service().Receive(t.Context(), l)
		a := w.rendered[0]
		if err != nil || r.Outcome != c.want || len(a.Problems) != c.problems || a.Help != c.help || !r.Answered || a.Outcome != c.want || w.last(t).Record.Outcome != c.want {
			t.Errorf("%s: %s, %v; answered %+v", name, r.Outcome, err, a)
			continue
		}
		if c.problems > 0 && !strings.Contains(a.Problems[0].Why.String(), c.says) {
			t.Errorf("%s: %q", name, a.Problems[0].Why)
		}
		if changed := w.last(t).Wishes != nil; changed != (c.want == command.Applied) || changed != (len(r.Verbs) > 0) && c.want != command.Informed {
			t.Errorf("%s: changed %t, verbs %v", name, changed, r.Verbs)
		}
	}
}

func TestMisplacedLinesAreShownCut(t *testing.T) {
	t.Parallel()
	w := newWorld()
	long := "PREFER " + strings.Repeat("é", command.MaxWish)
	w.write(t, "On Friday, Meal planner wrote:\n> hello\n\n"+strings.Repeat(long+"\n\n", 8))
	a := w.rendered[0]
	if len(a.Problems) != 6 || len([]rune(a.Problems[1].Line)) != command.MaxLine {
		t.Errorf("%d problems: %+v", len(a.Problems), a.Problems)
	}
}

// A mail whose sender nobody vouches for changes nothing; the button in its answer does.
func TestUnprovenCommandsWaitForAClick(t *testing.T) {
	t.Parallel()
	w := newWorld()
	l := w.letter("SKIP friday\nLOCK saturday lunch")
	l.Proof = replies.Unknown
	if _, err := w.service().Receive(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	a := w.rendered[0]
	if !slices.Equal(a.Waiting, []string{"SKIP 2026-12-04", "LOCK 2026-12-05 lunch"}) || !strings.HasPrefix(a.Confirm, "CONFIRM ") || len(w.in.Wishes.Skips) > 0 {
		t.Fatalf("%+v, wishes %+v", a, w.in.Wishes)
	}
	if lines, err := w.service().Lines(t.Context(), "ana", a.Confirm); err != nil || !slices.Equal(lines, a.Waiting) {
		t.Errorf("the button stands for %q, %v", lines, err)
	}
	if lines, err := w.service().Lines(t.Context(), "ana", "SKIP friday"); err != nil || !slices.Equal(lines, []string{"SKIP friday"}) {
		t.Errorf("another button stands for %q, %v", lines, err)
	}
	if _, err := w.service().Lines(t.Context(), "ben", a.Confirm); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another user's button: %v", err)
	}
	w.failOnce["Proposal"] = gone
	if r, err := w.service().Click(t.Context(), w.in.User, week, a.Confirm, "b"); r.Outcome != command.Failed || fault.KindOf(err) != fault.DatabaseError {
		t.Errorf("a proposal that cannot be read: %s, %v", r.Outcome, err)
	}
	if r := w.click(t, a.Confirm); r.Outcome != command.Applied || len(w.in.Wishes.Skips) != 3 || len(w.in.Wishes.Locks) != 1 {
		t.Errorf("%s, wishes %+v", r.Outcome, w.in.Wishes)
	}
}

func TestTheEleventhMailOfAnHourIsTheLastThatIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range replies.MaxMails + 3 {
		r := w.write(t, "STATUS")
		want, answered := command.Informed, true
		if i >= replies.MaxMails {
			want, answered = command.RateLimited, i == replies.MaxMails
		}
		if r.Outcome != want || r.Answered != answered {
			t.Errorf("mail %d: %s, answered %t", i+1, r.Outcome, r.Answered)
		}
	}
	if n := len(w.changes); n != replies.MaxMails+1 {
		t.Errorf("%d are on record", n)
	}
	if p := w.rendered[replies.MaxMails].Problems; len(p) != 1 || !strings.Contains(p[0].Why.String(), "10 mails") {
		t.Errorf("the limit's answer says %+v", p)
	}
	if r := w.click(t, "SKIP friday"); r.Outcome != command.Applied {
		t.Errorf("a click beside them: %s", r.Outcome)
	}
	w.now = w.now.Add(time.Hour)
	if r := w.write(t, "STATUS"); r.Outcome != command.Informed {
		t.Errorf("an hour later: %s", r.Outcome)
	}
}

// The answer that says so is not one of the ten.
func TestTheLimitOfMailsMovesWithTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t, "STATUS")
	w.now = w.now.Add(30 * time.Minute)
	for range replies.MaxMails {
		w.write(t, "STATUS")
	}
	w.now = w.now.Add(31 * time.Minute)
	for i, want := range []command.Outcome{command.Informed, command.RateLimited} {
		if r := w.write(t, "STATUS"); r.Outcome != want {
			t.Errorf("mail %d of the second hour: %s", i+1, r.Outcome)
		}
	}
}

func TestTheSixtyFirstClickOfAnHourIsIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range replies.MaxClicks + 2 {
		r := w.click(t, "STATUS")
		if (r.Outcome == command.RateLimited) != (i >= replies.MaxClicks) || r.Answered != (i < replies.MaxClicks) {
			t.Errorf("click %d: %s, answered %t", i+1, r.Outcome, r.Answered)
		}
	}
	if n := len(w.changes); n != replies.MaxClicks {
		t.Errorf("%d are on record", n)
	}
	if r := w.write(t, "STATUS"); r.Outcome != command.Informed {
		t.Errorf("a mail beside them: %s", r.Outcome)
	}
}

// The grammar comes once a day, then a line that says how to get it; the same text is
// answered three times a day, as a program would repeat itself.
func TestMailsThatAskForNothingAreAnsweredShorterAndShorter(t *testing.T) {
	t.Parallel()
	for text, first := range map[string]command.Outcome{
		"Thanks":      command.NoCommand,
		"SKIP fryday": command.NotUnderstood,
		"On Friday, Meal planner wrote:\n> hello\n\nSKIP friday\n": command.Misplaced,
	} {
		w := newWorld()
		for i := range 5 {
			r := w.write(t, text)
			if r.Outcome != first || r.Answered != (i < 3) || w.last(t).Record.Said == "" || (w.last(t).Mail != nil) != (i < 3) {
				t.Errorf("%q, mail %d: %s, answered %t", text, i+1, r.Outcome, r.Answered)
			}
			if first == command.NoCommand && (r.Answer.Help != (i == 0) || r.Answer.Reminder != (i > 0)) {
				t.Errorf("%q, mail %d: help %t, reminder %t", text, i+1, r.Answer.Help, r.Answer.Reminder)
			}
			if first == command.NotUnderstood && (!r.Answer.Help || r.Answer.Reminder) {
				t.Errorf("%q, mail %d: no help with a wrong command", text, i+1)
			}
		}
		if r := w.write(t, text+" again"); !r.Answered && first != command.Misplaced {
			t.Errorf("%q, another text: %s", text, r.Outcome)
		}
		w.now = w.now.Add(25 * time.Hour)
		if r := w.write(t, text); !r.Answered {
			t.Errorf("%q, a day later: %s", text, r.Outcome)
		}
	}
	w := newWorld()
	for range 5 {
		if r := w.click(t, "hello"); !r.Answered || !r.Answer.Help {
			t.Errorf("a click: %+v", r)
		}
	}
}

func TestTheAnswerGoesToTheUserAsTheyAreNow(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t, "PAUSE")
	if w.addressee[0].Enabled {
		t.Error("the answer to PAUSE is for somebody who is not paused")
	}
}

// Each reply holds a database connection: more wait, and give up with their context.
func TestFewRepliesAreHandledAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		busy := make(chan struct{})
		s := replies.New(replies.Ports{Store: &blocking{world: w, until: busy}, Planner: w, Library: w, Tokens: w.signer, Renderer: w}, 1, func() time.Time { return w.now })
		first := make(chan replies.Report)
		go func() {
			r, err := s.Click(context.WithoutCancel(t.Context()), w.in.User, week, "STATUS", "a")
			if err != nil {
				t.Error(err)
			}
			first <- r
		}()
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r, err := s.Click(brief, w.in.User, week, "STATUS", "b"); r.Outcome != command.Failed || fault.KindOf(err) != fault.TimeoutError || r.User != "ana" {
			t.Errorf("the second: %s, %v", r.Outcome, err)
		}
		close(busy)
		if r := <-first; r.Outcome != command.Informed {
			t.Errorf("the first: %s", r.Outcome)
		}
		if r, err := s.Click(t.Context(), w.in.User, week, "STATUS", "b"); r.Outcome != command.Informed || err != nil {
			t.Errorf("the second again: %s, %v", r.Outcome, err)
		}
	})
}

// blocking is a store whose transactions wait.
type blocking struct {
	*world
	until chan struct{}
}

func (b *blocking) Transact(ctx context.Context, id string, fn func(context.Context, replies.Tx) error) error {
	<-b.until
	return b.world.Transact(ctx, id, fn)
}
