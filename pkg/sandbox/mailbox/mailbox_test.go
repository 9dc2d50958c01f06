package mailbox_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *mailbox.Mailbox {
	t.Helper()
	m, err := mailbox.Start(t.Context(), mailbox.Options{
		SMTPAddr: "127.0.0.1:0", IMAPAddr: "127.0.0.1:0", Username: "planner", Password: "secret",
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func message(id, to string) []byte {
	return fmt.Appendf(nil, "From: plan@x.example\r\nTo: %s\r\nReply-To: plan+token@x.example\r\nMessage-ID: <%s>\r\nSubject: =?utf-8?q?Week_49_=C2=B7_caf=C3=A9?=\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n"+
		"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>html <script>alert(1)</script></p>\r\n--b--\r\n", to, id)
}

func send(m *mailbox.Mailbox, password, to string, raw []byte) error {
	return smtp.SendMail(m.SMTPAddr().String(), smtp.PlainAuth("", "planner", password, "127.0.0.1"), "plan@x.example", []string{to}, raw)
}

func TestWhatComesBySMTPIsThereByIMAP(t *testing.T) {
	t.Parallel()
	m := start(t)
	for range 2 { // the same mail twice: one Message-ID, two copies
		if err := send(m, "secret", "ana@x.example", message("1@x.example", "ana@x.example")); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(m, "wrong", "ana@x.example", message("2@x.example", "ana@x.example")); err == nil {
		t.Error("a wrong password was accepted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := m.Wait(ctx, 2); err != nil {
		t.Fatal(err)
	}
	list := m.Messages()
	if len(list) != 2 || list[0].MessageID != "1@x.example" || list[1].Copy != 2 || list[0].Subject != "Week 49 · café" {
		t.Errorf("got %+v", list)
	}
	c, err := imapclient.DialInsecure(m.IMAPAddr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("ana@x.example", "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil || box.NumMessages != 2 {
		t.Fatalf("%+v, %v", box, err)
	}
	got, err := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{Envelope: true}).Collect()
	if err != nil || got[0].Envelope.MessageID != "1@x.example" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	m := start(t)
	if err := m.Deliver("plan@x.example", []string{"ana@x.example"}, message("1@x.example", "ana@x.example")); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.StripPrefix("/inbox", m.Handler()))
	t.Cleanup(srv.Close)
	get := func(path string) (string, http.Header) {
		t.Helper()
		resp, err := srv.Client().Get(srv.URL + "/inbox" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
		}
		return string(b), resp.Header
	}
	if page, _ := get("/"); !strings.Contains(page, `href="mail/1"`) || !strings.Contains(page, "Week 49 · café") {
		t.Errorf("list: %s", page)
	}
	if page, _ := get("/mail/1"); !strings.Contains(page, "plain") || !strings.Contains(page, `src="1/html"`) || strings.Contains(page, "<script>") {
		t.Errorf("mail: %s", page)
	}
	if _, h := get("/mail/1/html"); !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a mail's HTML may run scripts: %v", h)
	}
	resp, err := srv.Client().PostForm(srv.URL+"/inbox/mail/1/reply", url.Values{"text": {"SKIP breakfast tuesday"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	list := m.Messages()
	if len(list) != 2 || list[1].To != "plan+token@x.example" || list[1].From != "ana@x.example" {
		t.Fatalf("the reply went nowhere: %+v", list)
	}
	p, err := mailbox.Parse(list[1].Raw)
	if err != nil || p.Text != "SKIP breakfast tuesday" || p.Header.Get("In-Reply-To") != "<1@x.example>" {
		t.Errorf("reply: %+v, %v", p, err)
	}
}
