package inbox_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/inbox"
)

// options has nobody vouch for anybody.
var options = inbox.Options{Now: time.Now}

// crlf gives the text the line ends that mails have.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func eml(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return crlf(string(b))
}

// The mails of testdata, each with what is to be made of it. Most are Ana's replies to
// one plan, and differ in what their mail program does.
func TestParse(t *testing.T) {
	t.Parallel()
	reply := func(text string, change func(*inbox.Message)) inbox.Message {
		m := inbox.Message{
			From: "ana@example.org", Recipients: []string{"plan+k3jx@mealplanner.example"},
			Date: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), InReplyTo: []string{"weekly-plan.1@mealplanner.example"},
			Text: text, Class: inbox.Reply,
		}
		if change != nil {
			change(&m)
		}
		return m
	}
	class := func(c inbox.Class) func(*inbox.Message) { return func(m *inbox.Message) { m.Class = c } }
	cases := map[string]inbox.Message{
		"gmail": reply("SKIP breakfast tuesday\nI don’t like olives", func(m *inbox.Message) {
			m.Recipients = []string{"plan+k3jx@mealplanner.example", "ben@example.org"}
			m.InReplyTo = []string{"weekly-plan.1@mealplanner.example", "weekly-plan.0@mealplanner.example"}
		}),
		"iphone":           reply("LOCK fri dinner Crème brûlée", nil),
		"german":           reply("Grüße!\nskip mittwoch", nil),
		"french":           reply("On mange du poisson.\nADD fish", nil),
		"thunderbird":      reply("On friday we are away.\nTRAVEL fri", nil),
		"interleaved":      reply("STATUS", nil),
		"outlook-plain":    reply("I don’t like liver", nil),
		"outlook-header":   reply("UNDO", nil),
		"original-message": reply("UNDO", nil),
		"outlook-web":      reply("SKIP breakfast tuesday\n\nI hate olives\nThanks & bye", nil),
		"outlook-windows":  reply("I don’t like liver", nil),
		"gmail-html":       reply("LOCK friday dinner", nil),
		"hidden":           reply("STATUS\nHELP", nil),
		"preformatted":     reply("STATUS\nHELP\nSKIP fri\nSKIP sat\nI hate olives", nil),
		"vacation":         reply("I am away.", class(inbox.AutoReply)),
		"auto-no":          reply("STATUS", nil),
		"exchange-oof":     reply("I am away.", class(inbox.AutoReply)),
		"read-receipt":     reply("read", class(inbox.AutoReply)),
		"list":             reply("STATUS", class(inbox.Bulk)),
		"null-return-path": reply("Your mail could not be delivered.", class(inbox.Bounced)),
		"bounce": {
			MessageID: "bounce@mx.example.org", From: "MAILER-DAEMON@mx.example.org", Recipients: []string{"plan@mealplanner.example"},
			Date: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Text: "I'm sorry.", Class: inbox.Bounced,
			Bounce: &inbox.Bounce{MessageID: "weekly-plan.1@mealplanner.example", Recipient: "ana@example.org", Status: "5.1.1", Permanent: true},
		},
		"bounce-delayed": {
			MessageID: "delayed@mx.example.org", From: "postmaster@mx.example.org", Recipients: []string{"plan@mealplanner.example"}, Class: inbox.Bounced,
			Bounce: &inbox.Bounce{MessageID: "weekly-plan.2@mealplanner.example", Recipient: "ana@example.org", Status: "4.4.1"},
		},
		"two-authors": {Text: "STATUS", Class: inbox.Reply},
		"bare":        {From: "ana@example.org", Text: "STATUS", Class: inbox.Reply},
	}
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) != len(cases) {
		t.Errorf("%d files, %d cases, %v", len(files), len(cases), err)
	}
	for name, want := range cases {
		got, err := inbox.Parse(eml(t, name), options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		switch {
		case name == "two-authors" || name == "bare": // without an id of their own
			if want.MessageID = got.MessageID; len(got.MessageID) != 64+len("@sha256.invalid") {
				t.Errorf("%s: Message-ID %q", name, got.MessageID)
			}
		case want.MessageID == "":
			want.MessageID = name + "@mail.example.org"
		}
		want.Auth.Result = inbox.None
		got.Text = quotation.Split(got.Text, quotation.Original{}, func(string) quotation.Reading { return quotation.Prose }).Above
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestALongTextIsCut(t *testing.T) {
	t.Parallel()
	head := "From: ana@example.org\nContent-Type: text/plain; charset=utf-8\n\n"
	for n, long := range map[int]bool{inbox.MaxText: false, inbox.MaxText + 1: true} {
		m, err := inbox.Parse(crlf(head+strings.Repeat("ü", n)+"\n"), options)
		if err != nil || m.TooLong != long || utf8.RuneCountInString(m.Text) != inbox.MaxText {
			t.Errorf("%d runes: TooLong %v, %v", n, m.TooLong, err)
		}
	}
}

// What is not read, with a word of the reason.
func TestRefusedMails(t *testing.T) {
	t.Parallel()
	from := "From: ana@example.org\n"
	deep := func(n int) string {
		var b strings.Builder
		b.WriteString(from)
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		b.WriteString("\nSTATUS\n")
		for i := range n {
			fmt.Fprintf(&b, "--b%d--\n", n-1-i)
		}
		return b.String()
	}
	wide := func(n int) string {
		return from + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nSTATUS\n", n) + "--b--\n"
	}
	for raw, why := range map[string]string{
		strings.Repeat("x", inbox.MaxRaw+1):                                            "larger than 1048576 bytes",
		"no header\n\n":                                                                "header",
		from + strings.Repeat("X: y\n", 200) + "\nSTATUS":                              "more than 200 header fields",
		from + "X: " + strings.Repeat("y", 64<<10) + "\n\nSTATUS":                      "larger than 65536 bytes",
		from + "Content-Type: text/plain; charset=x-klingon\n\nSTATUS":                 "charset",
		from + "Content-Transfer-Encoding: uuencode\n\nSTATUS":                         "encoding",
		from + "Content-Transfer-Encoding: base64\n\n!!!!":                             "base64",
		from + "\nI hate cr\xe8me":                                                     "bytes that its charset does not know",
		from + "Content-Type: multipart/mixed\n\nSTATUS":                               "boundary",
		from + "Content-Type: text/plain; charset\n\nSTATUS":                           "Content-Type",
		from + "Content-Type: text/html\n\n" + strings.Repeat("<div>", 600) + "STATUS": "HTML",
		deep(11): "in one another",
		wide(50): "more than 50 parts",
	} {
		m, err := inbox.Parse(crlf(raw), options)
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), why) {
			t.Errorf("want %q, got %v and %+v", why, err, m)
		}
	}
	for _, raw := range []string{deep(10), wide(49)} {
		if m, err := inbox.Parse(crlf(raw), options); err != nil || m.Text != "STATUS" {
			t.Errorf("%q, %v", m.Text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
	}
	o := inbox.Options{
		AuthservID: "mx.example.org", LookupTXT: func(string) ([]string, error) { return []string{"v=DKIM1; p="}, nil }, Now: time.Now,
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := inbox.Parse(raw, o)
		if err != nil {
			if fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("%v is %s", err, fault.KindOf(err))
			}
			return
		}
		if !utf8.ValidString(m.Text) || utf8.RuneCountInString(m.Text) > inbox.MaxText || strings.Contains(m.Text, "\r") {
			t.Errorf("text %q", m.Text)
		}
		if m.MessageID == "" || m.Class == "" || m.Auth.Result == "" || m.From == "" && m.Auth.Result != inbox.None {
			t.Errorf("%+v", m)
		}
		if (m.Class != inbox.Bounced) && m.Bounce != nil {
			t.Errorf("%+v", m)
		}
	})
}
