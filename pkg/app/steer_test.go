package app_test

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/test/kit/dovecot"
)

// postOffice is a world whose replies are read from an IMAP server.
type postOffice struct {
	*world
	pool    *pgxpool.Pool
	deliver func(*testing.T, []byte) // puts a mail into the planner's inbox
	letters int
}

// imapServers are the servers that replies are read from: the sandbox's and Debian's
// dovecot.
var imapServers = []string{"sandbox", "dovecot"}

func newPostOffice(t *testing.T, server string, people []sandbox.Person) *postOffice {
	t.Helper()
	const password = "correct horse"
	var addr string
	// The week is 2026-11-30's for ever: the clock begins on the Tuesday before it.
	start, began := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), time.Now()
	o := options{people: people, now: func() time.Time { return start.Add(time.Since(began)) }}
	if server == "dovecot" {
		addr = dovecot.Start(t, sandbox.InboxAddress, password)
	}
	p := &postOffice{}
	o.change = func(c *config.Config) {
		c.IMAP.Encryption, c.IMAP.Username, c.IMAP.AuthservID = "none", sandbox.InboxAddress, mailbox.AuthservID
		c.IMAP.Password = "correct horse"
		if addr == "" {
			return
		}
		host, port, err := net.SplitHostPort(addr)
		must(t, err)
		c.IMAP.Host = host
		c.IMAP.Port, err = strconv.Atoi(port)
		must(t, err)
	}
	if addr == "" {
		o.imap = true
	}
	p.world = newWorld(t, o)
	p.pool = p.world.pool(t)
	p.deliver = func(t *testing.T, raw []byte) {
		t.Helper()
		if addr == "" {
			must(t, p.box.Mail.Deliver("someone@sandbox.example", []string{sandbox.InboxAddress}, raw))
			return
		}
		dovecot.Deliver(t, addr, sandbox.InboxAddress, password, raw)
	}
	return p
}

// planMail plans the person's week and returns the delivered mail.
func (p *postOffice) planMail(t *testing.T, person string) mailbox.Message {
	t.Helper()
	n := len(p.box.Mail.Messages())
	p.mustGenerate(t, person)
	_, err := p.Delivery.Drain(t.Context())
	must(t, err)
	must(t, p.box.Mail.Wait(t.Context(), n+1)) // a started program may have sent it before
	return p.box.Mail.Messages()[n]
}

var replyTo = regexp.MustCompile(`(?m)^Reply-To: <?([^>\r\n]+)>?\r?$`)

// reply is what a person's mail program sends as an answer, with what their provider
// says of it.
func (p *postOffice) reply(t *testing.T, to mailbox.Message, text string) []byte {
	t.Helper()
	p.letters++
	m := replyTo.FindSubmatch(to.Raw)
	if m == nil {
		t.Fatalf("no Reply-To in\n%s", to.Raw)
	}
	return fmt.Appendf(nil, "Authentication-Results: %s; dmarc=pass header.from=sandbox.example\r\nFrom: Somebody <%s>\r\nTo: <%s>\r\nSubject: Re: %s\r\nMessage-ID: <letter-%d@sandbox.example>\r\nIn-Reply-To: <%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\nOn Friday, Meal planner wrote:\r\n> LOCK monday breakfast\r\n",
		mailbox.AuthservID, to.To, m[1], to.Subject, p.letters, to.MessageID, time.Now().Add(time.Duration(p.letters)*time.Second).Format(time.RFC1123Z), text)
}

// send delivers a reply, has it read, and returns the one answer.
func (p *postOffice) send(t *testing.T, raw []byte) mail.Header {
	t.Helper()
	answers := p.post(t, raw)
	if len(answers) != 1 {
		t.Fatalf("%d answers, want one; the log says\n%s", len(answers), p.logs)
	}
	parts, err := mailbox.Parse(answers[0].Raw)
	must(t, err)
	return mail.Header{Header: parts.Header}
}

// post delivers a reply, has it read, and returns the answers.
func (p *postOffice) post(t *testing.T, raw []byte) []mailbox.Message {
	t.Helper()
	before := len(p.answers())
	p.deliver(t, raw)
	n, err := p.ReadInbox(t.Context())
	must(t, err)
	if n != 1 {
		t.Fatalf("%d mails were read, want 1", n)
	}
	_, err = p.Delivery.Drain(t.Context())
	must(t, err)
	return p.answers()[before:]
}

// answers are the delivered answers to commands.
func (p *postOffice) answers() []mailbox.Message {
	return slices.DeleteFunc(p.box.Mail.Messages(), func(m mailbox.Message) bool { return !strings.HasPrefix(m.MessageID, "confirmation.") })
}

func (p *postOffice) stored(t *testing.T, user string) (plan.Week, plan.Wishes) {
	t.Helper()
	in, err := p.Plans.Inputs(t.Context(), user, week)
	must(t, err)
	return in.Existing.Week, in.Wishes
}

func slotAt(day int, m recipe.Meal) plan.Slot {
	return plan.Slot{Date: week + calendar.Date(day), Meal: m}
}

// outside fails when a slot changed that may not have.
func outside(t *testing.T, what string, was, is plan.Week, may func(plan.Slot) bool) {
	t.Helper()
	for _, d := range plan.Diff(was, is) {
		if !may(d.Slot) {
			t.Errorf("%s: %s %s changed", what, d.Date, d.Meal)
		}
	}
	if err := is.Validate(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// Mailed commands change exactly what they say, keep the locks, and are answered once.
func TestCommandsByMail(t *testing.T) {
	t.Parallel()
	for _, server := range imapServers {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			p := newPostOffice(t, server, sandbox.People()[:1])
			const who = "user_lewis"
			letter := p.planMail(t, who)
			start, _ := p.stored(t, who)
			friday := slotAt(4, recipe.Dinner)

			h := p.send(t, p.reply(t, letter, "LOCK friday dinner"))
			if id, err := h.MsgIDList("In-Reply-To"); err != nil || len(id) != 1 || id[0] != "letter-1@sandbox.example" {
				t.Errorf("the answer is in reply to %v, %v", id, err)
			}
			is, wishes := p.stored(t, who)
			outside(t, "LOCK", start, is, func(plan.Slot) bool { return false })
			locked := is.Days[4].Meals[recipe.Dinner]
			if len(wishes.Locks) != 1 || wishes.Locks[0].Slot != friday || wishes.Locks[0].Recipe != locked.Recipe || locked.Source != plan.Locked {
				t.Errorf("LOCK: %+v, %+v", wishes.Locks, locked)
			}

			if is.Optimal {
				t.Error("LOCK: the week still claims that no better one exists, though nothing but the locked meal was free")
			}

			was := is
			p.send(t, p.reply(t, letter, "REGENERATE WEEK WITH HIGH PROTEIN"))
			is, wishes = p.stored(t, who)
			if d := is.Days[4].Meals[recipe.Dinner]; d.Recipe != locked.Recipe || d.Servings != locked.Servings {
				t.Errorf("REGENERATE: the locked dinner became %+v", d)
			}
			if wishes.Mode != targets.HighProtein || is.Target.Protein <= was.Target.Protein || len(plan.Diff(was, is)) < 10 {
				t.Errorf("REGENERATE: mode %q, target %v, %d meals changed", wishes.Mode, is.Target, len(plan.Diff(was, is)))
			}

			was = is
			p.send(t, p.reply(t, letter, "TRAVEL wed-thu"))
			is, wishes = p.stored(t, who)
			outside(t, "TRAVEL", was, is, func(s plan.Slot) bool { return s.Date == week+2 || s.Date == week+3 })
			if len(wishes.Travel) != 2 || is.Days[2].Meals[recipe.Dinner].Source != plan.Travel {
				t.Errorf("TRAVEL: %v, %+v", wishes.Travel, is.Days[2].Meals[recipe.Dinner])
			}

			p.dislikeAndUndo(t, who, letter)
			await(t, p.pool, 5, "select count(*) from steerings where outcome = 'applied'")
			sums := p.sums(t)
			for c, want := range map[string]int64{"LOCK": 1, "REGENERATE": 1, "TRAVEL": 1, "DISLIKE": 1, "UNDO": 1, "PAUSE": 0} {
				if n := sums["command_execution_rate{command_type="+c+"}"]; n != want {
					t.Errorf("%s was counted %d times, want %d", c, n, want)
				}
			}
			if n := sums["command_requests_total{outcome=applied}"]; n != 5 {
				t.Errorf("%d applied mails were counted", n)
			}
		})
	}
}

// dislikeAndUndo has a food that is planned replaced everywhere, and takes it back.
func (p *postOffice) dislikeAndUndo(t *testing.T, who string, letter mailbox.Message) {
	t.Helper()
	is, _ := p.stored(t, who)
	food, disliked := p.rareFood(t, is)
	was := is
	p.send(t, p.reply(t, letter, "I don't like "+food))
	is, _ = p.stored(t, who)
	outside(t, "HATE "+food, was, is, func(s plan.Slot) bool {
		return slices.Contains(disliked, was.Days[s.Date-week].Meals[s.Meal].Recipe)
	})
	for _, d := range is.Days {
		for _, s := range d.Meals {
			if s != nil && slices.Contains(disliked, s.Recipe) {
				t.Errorf("HATE: %s is still planned", s.Name)
			}
		}
	}
	if len(plan.Diff(was, is)) == 0 {
		t.Errorf("HATE %s changed nothing", food)
	}

	p.send(t, p.reply(t, letter, "UNDO"))
	back, _ := p.stored(t, who)
	outside(t, "UNDO", was, back, func(plan.Slot) bool { return false })
	if u, err := p.Users.Get(t.Context(), who); err != nil || len(u.Settings.Dislikes) > 0 {
		t.Errorf("UNDO: %v, %v", u.Settings.Dislikes, err)
	}
}

// rareFood returns a food that a planned, unlocked meal holds and few recipes have, and
// those recipes.
func (p *postOffice) rareFood(t *testing.T, w plan.Week) (string, []recipe.ID) {
	t.Helper()
	all, err := p.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	users := map[string][]recipe.ID{}
	for _, r := range all {
		for _, i := range r.Ingredients {
			if !slices.Contains(users[i.Food.Name], r.ID) {
				users[i.Food.Name] = append(users[i.Food.Name], r.ID)
			}
		}
	}
	for _, d := range w.Days[5:] {
		for _, s := range d.Meals {
			i := slices.IndexFunc(all, func(r recipe.Recipe) bool { return s != nil && r.ID == s.Recipe })
			if i < 0 {
				continue
			}
			for _, in := range all[i].Ingredients {
				if ids := users[in.Food.Name]; len(ids) == 1 && !strings.ContainsAny(in.Food.Name, ",()-") && strings.Count(in.Food.Name, " ") < 2 {
					return in.Food.Name, ids
				}
			}
		}
	}
	t.Fatal("no meal has a rare food")
	return "", nil
}
