package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// letterFile is a mail kept as a file: two lines that say what is to become of it, then
// the mail with names in braces for what each run creates.
type letterFile struct {
	outcome   string
	answers   int
	afterTwin bool
	mail      string
}

func readLetter(t *testing.T, path string) letterFile {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	f := letterFile{mail: string(b)}
	for {
		line, rest, _ := strings.Cut(f.mail, "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "X-Expected":
			f.outcome = value
		case "X-Answers":
			f.answers, err = strconv.Atoi(value)
			must(t, err)
		case "X-After":
			f.afterTwin = true
		default:
			return f
		}
		f.mail = rest
	}
}

var filler = regexp.MustCompile(`\{\{FILLER (\d+)\}\}`)

// fill makes a mail of a file.
func fill(t *testing.T, f letterFile, values map[string]string) []byte {
	t.Helper()
	text := f.mail
	for k, v := range values {
		text = strings.ReplaceAll(text, "{{"+k+"}}", v)
	}
	text = filler.ReplaceAllStringFunc(text, func(m string) string {
		n, err := strconv.Atoi(filler.FindStringSubmatch(m)[1])
		must(t, err)
		return strings.Repeat("Nothing of interest stands here at all. \n", n/41+1)
	})
	if strings.Contains(text, "{{") {
		t.Fatalf("a name in braces is left in\n%s", text)
	}
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// everything is the state that no hostile mail may change.
func (p *postOffice) everything(t *testing.T) string {
	t.Helper()
	var out string
	must(t, p.pool.QueryRow(t.Context(), `select concat(
		(select string_agg(md5(data::text) || status, ',' order by id) from plans),
		(select string_agg(user_id || date || meal || recipe_id || servings || source, ',' order by user_id, date, meal) from plan_meals),
		(select string_agg(user_id || week_of || data::text, ',' order by user_id, week_of) from week_constraints),
		(select string_agg(id || email || enabled || settings::text, ',' order by id) from users),
		(select count(*) from meal_log), (select count(*) from steerings where outcome = 'applied' or undone_at is not null))`).Scan(&out))
	return out
}

// Hostile mails, kept as files with what is expected to become of them, change nothing,
// are answered at most once, and are counted by that reason. The benign twin of each,
// which differs in what makes it hostile, works.
func TestHostileMails(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:2])
	values := p.braces(t)
	files, err := filepath.Glob("testdata/commands/*.eml")
	must(t, err)
	want := map[string]int64{}
	hostile := 0
	for i, path := range files {
		if strings.HasSuffix(path, ".twin.eml") {
			continue
		}
		hostile++
		name := strings.TrimSuffix(filepath.Base(path), ".eml")
		h, twin := readLetter(t, path), readLetter(t, strings.TrimSuffix(path, ".eml")+".twin.eml")
		try := func(kind string, f letterFile) {
			values["ID"] = fmt.Sprintf("%s-%s", name, kind)
			values["DATE"] = time.Date(2026, 11, 24, 12, 0, 2*i, 0, time.UTC).Add(time.Duration(len(kind)) * time.Second).Format(time.RFC1123Z)
			before, was := p.sums(t), p.everything(t)
			answers := p.post(t, fill(t, f, values))
			want[f.outcome]++
			if got := p.sums(t)["command_requests_total{outcome="+f.outcome+"}"] - before["command_requests_total{outcome="+f.outcome+"}"]; got != 1 {
				t.Errorf("%s, %s: %s was counted %d times; the log says %s", name, kind, f.outcome, got, lastLine(p.logs.String()))
			}
			if len(answers) != f.answers {
				t.Errorf("%s, %s: %d answers, want %d", name, kind, len(answers), f.answers)
			}
			for _, a := range answers {
				if !strings.HasSuffix(a.To, "@sandbox.example") || bytes.Contains(bytes.ToLower(a.Raw), []byte("\nbcc:")) {
					t.Errorf("%s, %s: an answer goes to %s\n%s", name, kind, a.To, a.Raw)
				}
			}
			if changed := p.everything(t) != was; changed != (f.outcome == "applied") {
				t.Errorf("%s, %s: something changed: %t", name, kind, changed)
			}
			// An hour and a day pass: the limits are another test's.
			_, err := p.pool.Exec(t.Context(), "update steerings set created_at = created_at - interval '2 days'")
			must(t, err)
		}
		if h.afterTwin {
			try("twin", twin)
			try("hostile", h)
			continue
		}
		try("hostile", h)
		try("twin", twin)
	}
	if hostile < 40 {
		t.Errorf("only %d hostile mails", hostile)
	}
	sums := p.sums(t)
	for outcome, n := range want {
		if got := sums["command_requests_total{outcome="+outcome+"}"]; got != n {
			t.Errorf("%s: counted %d, the files say %d", outcome, got, n)
		}
	}
	if got := sums["command_requests_total"]; got != int64(2*hostile) {
		t.Errorf("%d mails were counted of %d", got, 2*hostile)
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// braces are the values for the names in the files.
func (p *postOffice) braces(t *testing.T) map[string]string {
	t.Helper()
	address := func(m mailbox.Message) string {
		found := replyTo.FindSubmatch(m.Raw)
		if found == nil {
			t.Fatalf("no Reply-To in\n%s", m.Raw)
		}
		return string(found[1])
	}
	lewis, ana := address(p.planMail(t, "user_lewis")), address(p.planMail(t, "user_ana"))
	local, domain, _ := strings.Cut(lewis, "@")
	base, tag, _ := strings.Cut(local, "+")
	at := func(tag string) string { return base + "+" + tag + "@" + domain }
	flipped := "a" + tag[1:]
	if tag[0] == 'a' {
		flipped = "b" + tag[1:]
	}
	_, err := p.pool.Exec(t.Context(), `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, status, week_of, reply_key)
		values ('user_lewis', 'weekly_plan', '2026-11-16', 'old', '', '', '', '', 'sent', '2026-11-16', '0102030405060708')`)
	must(t, err)
	key := [signedlink.ReplyKeySize]byte{1, 2, 3, 4, 5, 6, 7, 8}
	all, err := p.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	nuts, err := allergen.Parse("nuts")
	must(t, err)
	dish := ""
	for _, r := range all {
		if has, _ := allergen.Of(r); has&nuts != 0 {
			dish = r.Name
		}
	}
	if dish == "" {
		t.Fatal("no recipe with nuts")
	}
	return map[string]string{
		"REPLY": lewis, "ANA": ana, "INBOX": sandbox.InboxAddress, "FORGED": at(tag[:len(tag)-1] + map[bool]string{true: "b", false: "a"}[tag[len(tag)-1] == 'a']),
		"SHORT": at(tag[:20]), "UNKNOWN": at(flipped), "NUTS": dish,
		"EXPIRED": at(p.Links.Signer.ReplyTag(key, "user_lewis", "2026-11-16")),
	}
}

// A mail without a command is answered with the grammar once a day, and else with how to get
// it; the same text three times. The eleventh mail of an hour is answered with the limit,
// those after it are not answered.
func TestLimitsOfMails(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	letter := p.planMail(t, "user_lewis")
	text := func(m mailbox.Message) string {
		parts, err := mailbox.Parse(m.Raw)
		must(t, err)
		return strings.ReplaceAll(parts.Text, "\r\n", "\n")
	}
	try := func(what, say string, answers int, has string) {
		t.Helper()
		got := p.post(t, p.reply(t, letter, say))
		if len(got) != answers {
			t.Fatalf("%s: %d answers, want %d", what, len(got), answers)
		}
		for _, m := range got {
			if !strings.Contains(text(m), has) {
				t.Errorf("%s: no %q in\n%s", what, has, text(m))
			}
			if grammar := strings.Contains(text(m), "COMMANDS\n"); grammar != (has == "COMMANDS\n") {
				t.Errorf("%s: the grammar is there: %t", what, grammar)
			}
		}
	}
	try("the first without a command", "Danke schön", 1, "COMMANDS\n")
	for n := 2; n <= 3; n++ {
		try("the same again", "Danke schön", 1, `Reply "HELP"`)
	}
	try("the same a fourth time", "Danke schön", 0, "")
	try("another one", "protein 150", 1, `Reply "HELP"`)
	for n := 6; n <= 10; n++ {
		try(fmt.Sprintf("mail %d", n), "STATUS", 1, "IN FORCE")
	}
	try("the eleventh", "SKIP tuesday", 1, "too many mails")
	try("the twelfth", "SKIP tuesday", 0, "")
	try("the thirteenth", "Danke", 0, "")
	if got := p.sums(t)["command_requests_total{outcome=rate_limited}"]; got != 3 {
		t.Errorf("%d mails were limited", got)
	}
	if _, wishes := p.stored(t, "user_lewis"); len(wishes.Skips) > 0 {
		t.Errorf("a mail above the limit was carried out: %v", wishes.Skips)
	}
}
