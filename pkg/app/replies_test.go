package app_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
)

// received is a mail of ours as its reader's program has it, and puts it into a reply:
//
//	{{TEXT}}        the text part; after it may stand, in this order,
//	  >, |, MP>       a mark before every line, with a space after it
//	  72              lines broken at that width before they are marked
//	  tight           no space after the mark
//	  indented        four spaces before every line
//	  broken          what a gateway breaks once more, at 60, without a mark on the rest
//	  3-9             only those lines
//	{{HTML}}        the body of the HTML part
//	{{FLAT}}        text made of the HTML part
//	{{SENDER}}, {{SUBJECT}}, {{ANSWERED}} the address it came from, its subject, its Message-ID
//	{{REPLY}}       its address for replies
//	{{EXAMPLE}}     the first command that it proposes
type received struct {
	mailbox.Message
	text, html string
}

var (
	textBrace = regexp.MustCompile(`\{\{TEXT(?: (>|\||MP>))?(\d+)?(?: ?(tight))?(?: ?(indented))?(?: ?(broken))?(?: (\d+)-(\d*))?\}\}`)
	fromField = regexp.MustCompile(`(?m)^From: .*<([^>]+)>\r?$`)
	proposal  = regexp.MustCompile(`(?m)^ *"((?:LOCK|SKIP|REGENERATE)\x{a0}[^"]+)"$`)
	htmlBody  = regexp.MustCompile(`(?s)<body[^>]*>(.*)</body>`)
)

func newReceived(t *testing.T, m mailbox.Message) received {
	t.Helper()
	parts, err := mailbox.Parse(m.Raw)
	must(t, err)
	lf := strings.NewReplacer("\r\n", "\n")
	return received{m, strings.TrimSpace(lf.Replace(parts.Text)), lf.Replace(parts.HTML)}
}

// in fills a reply.
func (r received) in(t *testing.T, reply string) string {
	t.Helper()
	group := func(re *regexp.Regexp, s string) string {
		if m := re.FindStringSubmatch(s); m != nil {
			return m[1]
		}
		return ""
	}
	raw := strings.ReplaceAll(string(r.Raw), "\r\n", "\n")
	reply = textBrace.ReplaceAllStringFunc(reply, func(brace string) string { return r.quoted(t, textBrace.FindStringSubmatch(brace)) })
	if strings.Contains(reply, "{{FLAT}}") {
		m, err := inbox.Parse([]byte("Content-Type: text/html; charset=utf-8\r\n\r\n"+r.html), inbox.Options{Now: time.Now})
		must(t, err)
		reply = strings.ReplaceAll(reply, "{{FLAT}}", m.Text)
	}
	example := strings.ReplaceAll(group(proposal, r.text), "\u00a0", " ")
	return strings.NewReplacer("{{HTML}}", group(htmlBody, r.html), "{{SENDER}}", group(fromField, raw), "{{SUBJECT}}", r.Subject,
		"{{ANSWERED}}", r.MessageID, "{{REPLY}}", group(replyTo, raw), "{{EXAMPLE}}", example).Replace(reply)
}

// quoted is the text part as a brace asks for it.
func (r received) quoted(t *testing.T, brace []string) string {
	t.Helper()
	mark, width, tight, indented, broken := brace[1], brace[2], brace[3] != "", brace[4] != "", brace[5] != ""
	if mark == "" && tight {
		mark = ">"
	}
	lines := strings.Split(r.text, "\n")
	if width != "" {
		n, err := strconv.Atoi(width)
		must(t, err)
		lines = broke(lines, n)
	}
	if brace[6] != "" {
		from, err := strconv.Atoi(brace[6])
		must(t, err)
		to := len(lines)
		if brace[7] != "" {
			to, err = strconv.Atoi(brace[7])
			must(t, err)
		}
		lines = lines[min(from, len(lines)):min(to, len(lines))]
	}
	switch {
	case mark != "" && tight:
		mark = strings.TrimSpace(mark)
	case mark != "":
		mark += " "
	case indented:
		mark = "    "
	}
	for i, l := range lines {
		lines[i] = mark + l
	}
	if broken {
		lines = broke(lines, 60)
	}
	return strings.Join(lines, "\n")
}

func broke(lines []string, width int) []string {
	var out []string
	for _, line := range lines {
		for len(line) > width {
			at := strings.LastIndex(line[:width], " ")
			if at <= 0 {
				break
			}
			out, line = append(out, line[:at]), line[at+1:]
		}
		out = append(out, line)
	}
	return out
}

// everyType has one mail of each type sent to the person and returns them by type.
func (p *postOffice) everyType(t *testing.T, who string) map[string]received {
	t.Helper()
	out := map[string]received{mailer.WeeklyPlanType: newReceived(t, p.planMail(t, who))}
	for _, kind := range []string{mailer.DailyAdvisorType, mailer.WeeklyTrendsType} {
		n := len(p.box.Mail.Messages())
		_, err := p.SendMail(t.Context(), who, kind)
		must(t, err)
		_, err = p.Delivery.Drain(t.Context())
		must(t, err)
		must(t, p.box.Mail.Wait(t.Context(), n+1))
		out[kind] = newReceived(t, p.box.Mail.Messages()[n])
	}
	answers := p.post(t, p.reply(t, out[mailer.WeeklyPlanType].Message, "LOCK friday dinner\nADD more vegetables\nHELP\nSTATUS"))
	if len(answers) != 1 {
		t.Fatalf("%d answers", len(answers))
	}
	out[mailer.ConfirmationType] = newReceived(t, answers[0])
	return out
}

// Replies to every type of our mails, as the programs of many people write them, kept as
// files with what is to become of them. The mails that they quote are those that the
// program rendered, sent and had delivered. A reply carries out what its writer wrote above
// the quotation, and nothing else.
func TestReplies(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	mails := p.everyType(t, "user_lewis")
	files, err := filepath.Glob("testdata/replies/*.eml")
	must(t, err)
	if len(files) < 80 {
		t.Errorf("only %d replies", len(files))
	}
	for i, path := range files {
		p.tryReply(t, mails, path, i, "", func(t *testing.T, got tried) {
			t.Helper()
			if got.outcome != got.want.outcome || got.outcome == "applied" && !slices.Equal(got.commands, got.wanted) {
				t.Errorf("%s: %s %q, want %s %q; the answer says\n%s", got.id, got.outcome, got.commands, got.want.outcome, got.wanted, got.answer)
			}
			if got.changed != (got.want.outcome == "applied") {
				t.Errorf("%s: something changed: %t", got.id, got.changed)
			}
			if slices.Contains(got.wanted, "PAUSE") && !strings.Contains(got.answer, `reply "RESUME"`) {
				t.Errorf("%s: the answer does not say how to come back:\n%s", got.id, got.answer)
			}
		})
	}

	// Mails of whose words nothing is known any more: what is above the quotation is carried
	// out, also where something that has no mark was written into it.
	_, err = p.pool.Exec(t.Context(), "update outbox set fingerprint = null")
	must(t, err)
	for i, path := range files {
		p.tryReply(t, mails, path, len(files)+i, ".old", func(t *testing.T, got tried) {
			t.Helper()
			if strings.HasSuffix(path, "-outlook-inline-prose.eml") {
				got.wanted = []string{"LOCK 2026-12-04 dinner"}
			}
			if extra := slices.DeleteFunc(slices.Clone(got.commands), func(c string) bool { return slices.Contains(got.wanted, c) }); got.outcome == "applied" && len(extra) > 0 {
				t.Errorf("%s: %q was carried out, want at most %q", got.id, extra, got.wanted)
			}
		})
	}
}

// tried is what became of a reply and what was to become of it.
type tried struct {
	id, outcome, answer string
	commands, wanted    []string
	changed             bool
	want                letterFile
}

// tryReply fills a reply, has it read and answered, and hands over what became of it.
func (p *postOffice) tryReply(t *testing.T, mails map[string]received, path string, i int, suffix string, check func(*testing.T, tried)) {
	t.Helper()
	got := tried{id: strings.TrimSuffix(filepath.Base(path), ".eml") + suffix, want: readLetter(t, path)}
	fields := map[string]string{}
	f := got.want
	for f.mail != "" {
		line, rest, _ := strings.Cut(f.mail, "\n")
		key, value, _ := strings.Cut(line, ": ")
		if key != "X-Mail" && key != "X-Commands" {
			break
		}
		fields[key], f.mail = value, rest
	}
	of, ok := mails[fields["X-Mail"]]
	if !ok {
		t.Fatalf("%s: X-Mail %q", got.id, fields["X-Mail"])
	}
	if c := fields["X-Commands"]; c != "" {
		got.wanted = strings.Split(canonical(of.in(t, c)), "|")
	}
	f.mail = of.in(t, f.mail)
	raw := fill(t, f, map[string]string{"ID": got.id, "DATE": time.Date(2026, 11, 24, 12, 0, 2*i, 0, time.UTC).Format(time.RFC1123Z)})
	was := p.everything(t)
	answers := p.post(t, raw)
	if len(answers) != 1 {
		t.Fatalf("%s: %d answers, want 1", got.id, len(answers))
	}
	got.answer = newReceived(t, answers[0]).text
	got.outcome, got.commands = p.newest(t, got.id+"@sandbox.example")
	got.changed = p.everything(t) != was
	check(t, got)
	_, err := p.pool.Exec(t.Context(), "update steerings set created_at = created_at - interval '2 days'") // the limits are another test's
	must(t, err)
}

// canonical is the command with dates of the week for its weekdays.
func canonical(line string) string {
	for i, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		line = strings.ReplaceAll(line, day, (week + calendar.Date(i)).String())
	}
	return line
}

// newest is what is on record of a mail.
func (p *postOffice) newest(t *testing.T, id string) (outcome string, commands []string) {
	t.Helper()
	var data []byte
	if err := p.pool.QueryRow(t.Context(), "select outcome, commands from steerings where message_id = $1", id).Scan(&outcome, &data); err != nil {
		return fmt.Sprint(err), nil
	}
	must(t, json.Unmarshal(data, &commands))
	return outcome, commands
}
