package mailer_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	smtpUser     = "planner"
	smtpPassword = "correct horse"
)

var sentAt = time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)

// selfSigned returns a server's configuration with a fresh certificate for 127.0.0.1,
// and a client's that trusts it.
func selfSigned(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// server is a mail server for one test.
type server struct {
	*mailbox.Mailbox
	faults *faultswitch.Switch
	client *tls.Config
}

func startServer(t *testing.T, secured bool) server {
	t.Helper()
	s := server{faults: faultswitch.New(1, func(context.Context, time.Duration) error { return nil })}
	opts := mailbox.Options{
		SMTPAddr: "127.0.0.1:0", IMAPAddr: "127.0.0.1:0", Username: smtpUser, Password: smtpPassword,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return sentAt }, Faults: s.faults,
	}
	if secured {
		opts.TLS, s.client = selfSigned(t)
	}
	var err error
	if s.Mailbox, err = mailbox.Start(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// sender returns a client of the server; change may spoil its options.
func (s server) sender(t *testing.T, change func(*mailer.SMTPOptions)) *mailer.SMTP {
	t.Helper()
	o := mailer.SMTPOptions{
		Host: s.SMTPAddr().IP.String(), Port: s.SMTPAddr().Port, Username: smtpUser, Password: smtpPassword,
		Encryption: mailer.StartTLS, From: "Meal planner <plan@example.org>", Timeout: 5 * time.Second, TLS: s.client,
	}
	if change != nil {
		change(&o)
	}
	out, err := mailer.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func letter() mail.Mail {
	return mail.Mail{
		Type: mailer.WeeklyPlanType, Period: "2026-11-30", MessageID: "weekly-plan.1@example.org", To: "lewis@example.org",
		Subject: "Week 49: grüße – 21 meals", Text: "text", HTML: "<p>html</p>",
		Headers: map[string]string{"List-Id": "<weekly-plan.example.org>"},
	}
}

func TestSendOverStartTLSWithAuth(t *testing.T) {
	t.Parallel()
	s := startServer(t, true)
	sender := s.sender(t, func(o *mailer.SMTPOptions) { o.ReplyTo = "commands@example.org" })
	if err := sender.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	size, err := sender.Send(t.Context(), letter(), sentAt)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 1 {
		t.Fatalf("%d mails arrived", len(got))
	}
	if m := got[0]; m.To != "lewis@example.org" || m.From != "plan@example.org" || m.Subject != letter().Subject || m.MessageID != letter().MessageID {
		t.Errorf("arrived as %+v", m)
	}
	if n := int64(len(got[0].Raw)); size < n-100 || size > n+100 { // the server adds its trace
		t.Errorf("size %d, %d bytes arrived", size, n)
	}
	parts, err := mailbox.Parse(got[0].Raw)
	if err != nil {
		t.Fatal(err)
	}
	if parts.Text != "text" || parts.HTML != "<p>html</p>" {
		t.Errorf("bodies %q and %q", parts.Text, parts.HTML)
	}
	for k, want := range map[string]string{"List-Id": "<weekly-plan.example.org>", "Reply-To": "<commands@example.org>", "Date": "Fri, 27 Nov 2026 06:00:00 +0000"} {
		if got := parts.Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
}

// A picture arrives beside the HTML that shows it, under its Content-ID.
func TestPicturesAreInline(t *testing.T) {
	t.Parallel()
	s := startServer(t, true)
	m := letter()
	m.HTML = `<p><img src="cid:chart.1@example.org" alt=""></p>`
	m.Inline = []mail.Inline{{ContentID: "chart.1@example.org", Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\n and more")}}
	if _, err := s.sender(t, nil).Send(t.Context(), m, sentAt); err != nil {
		t.Fatal(err)
	}
	raw := s.Messages()[0].Raw
	parts, err := mailbox.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if parts.Text != "text" || parts.HTML != m.HTML {
		t.Errorf("bodies %q and %q", parts.Text, parts.HTML)
	}
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := e.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, err := e.Header.ContentType()
		if err != nil {
			return err
		}
		found = append(found, fmt.Sprint(path, " ", kind))
		if kind != "image/png" {
			return nil
		}
		body, err := io.ReadAll(e.Body)
		if id := e.Header.Get("Content-Id"); id != "<chart.1@example.org>" || !bytes.Equal(body, m.Inline[0].Data) {
			t.Errorf("picture %s holds %q", id, body)
		}
		if how, _, _ := e.Header.ContentDisposition(); how != "inline" {
			t.Errorf("the picture is an %s", how)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"[] multipart/related", "[0] multipart/alternative", "[0 0] text/plain", "[0 1] text/html", "[1] image/png"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		plain   bool // no STARTTLS
		rule    faultswitch.Rule
		change  func(*mailer.SMTPOptions)
		want    fault.Kind
		arrived int
	}{
		{name: "no STARTTLS offered", plain: true, want: fault.InvalidConfig},
		{name: "certificate not trusted", change: func(o *mailer.SMTPOptions) { o.TLS = nil }, want: fault.InvalidConfig},
		{name: "wrong password", change: func(o *mailer.SMTPOptions) { o.Password = "wrong" }, want: fault.Unauthorized},
		{name: "no credentials", change: func(o *mailer.SMTPOptions) { o.Username = "" }, want: fault.EmailError},
		{name: "452 for now", rule: faultswitch.Rule{Path: "RCPT", Status: 452}, want: fault.EmailDeferred},
		{name: "550 for good", rule: faultswitch.Rule{Path: "RCPT", Status: 550}, want: fault.EmailError},
		{name: "dropped in DATA", rule: faultswitch.Rule{Path: "DATA", Outage: true}, want: fault.NetworkError},
		{name: "answer to DATA lost", rule: faultswitch.Rule{Path: "DATA", LoseAnswer: true}, want: fault.NetworkError, arrived: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, !c.plain)
			if c.rule.Path != "" {
				if _, err := s.faults.Set(c.rule); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.sender(t, c.change).Send(t.Context(), letter(), sentAt)
			if got := fault.KindOf(err); got != c.want {
				t.Errorf("kind %q, want %q: %v", got, c.want, err)
			}
			if err != nil && strings.Contains(err.Error(), smtpPassword) {
				t.Errorf("the error shows the password: %v", err)
			}
			if got := len(s.Messages()); got != c.arrived {
				t.Errorf("%d mails arrived, want %d", got, c.arrived)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	sender, err := mailer.NewSMTP(mailer.SMTPOptions{Host: "127.0.0.1", Port: loopback.Port(t), Encryption: mailer.None, From: "a@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Send(t.Context(), letter(), sentAt); fault.KindOf(err) != fault.NetworkError {
		t.Errorf("got %v", err)
	}
}

// silent accepts connections and never says a word.
func silent(t *testing.T) *net.TCPAddr {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			c, err := ln.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
		}
		for _, c := range open {
			c.Close()
		}
	}()
	t.Cleanup(func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return ln.Addr().(*net.TCPAddr)
}

func TestASilentServerTimesOut(t *testing.T) {
	t.Parallel()
	addr := silent(t)
	const timeout = 200 * time.Millisecond
	sender, err := mailer.NewSMTP(mailer.SMTPOptions{Host: "127.0.0.1", Port: addr.Port, Encryption: mailer.None, From: "a@example.org", Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = sender.Send(t.Context(), letter(), sentAt)
	if took := time.Since(start); fault.KindOf(err) != fault.TimeoutError || took > 10*timeout {
		t.Errorf("after %s: %v", took, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sender.Send(ctx, letter(), sentAt); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

func TestAServerSlowInDataTimesOut(t *testing.T) {
	t.Parallel()
	s := startServer(t, true)
	if _, err := s.faults.Set(faultswitch.Rule{Path: "DATA", LatencyMS: 3000, Outage: true}); err != nil {
		t.Fatal(err)
	}
	const timeout = time.Second
	start := time.Now()
	_, err := s.sender(t, func(o *mailer.SMTPOptions) { o.Timeout = timeout }).Send(t.Context(), letter(), sentAt)
	if took := time.Since(start); fault.KindOf(err) != fault.TimeoutError || took >= 3*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	s := startServer(t, true)
	sender := s.sender(t, nil)
	for _, to := range []string{"lewis@example.org\r\nBcc: eve@example.org", "lewis@example.org, eve@example.org", "<lewis@example.org> RCPT TO:<eve@example.org>", ""} {
		m := letter()
		m.To = to
		if _, err := sender.Send(t.Context(), m, sentAt); fault.KindOf(err) != fault.EmailError {
			t.Errorf("recipient %q: %v", to, err)
		}
	}
	if n := len(s.Messages()); n != 0 {
		t.Fatalf("%d mails went to injected recipients", n)
	}
	m := letter()
	m.Subject = "Week 49\r\nBcc: eve@example.org\r\n\r\n<script>"
	m.Headers["List-Id"] = "x\r\nBcc: eve@example.org"
	if _, err := sender.Send(t.Context(), m, sentAt); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 1 || got[0].To != "lewis@example.org" {
		t.Fatalf("arrived: %+v", got)
	}
	parts, err := mailbox.Parse(got[0].Raw)
	if err != nil {
		t.Fatal(err)
	}
	if parts.Header.Has("Bcc") || parts.Text != "text" {
		t.Errorf("a header was injected:\n%s", got[0].Raw)
	}
}

func TestOptionsNameTheSetting(t *testing.T) {
	t.Parallel()
	for setting, spoil := range map[string]func(*mailer.SMTPOptions){
		"SMTP_ENCRYPTION": func(o *mailer.SMTPOptions) { o.Encryption = "ssl" },
		"SMTP_FROM":       func(o *mailer.SMTPOptions) { o.From = "nobody" },
		"SMTP_PORT":       func(o *mailer.SMTPOptions) { o.Port = 70_000 },
		"SMTP_HOST":       func(o *mailer.SMTPOptions) { o.Host = "" },
	} {
		o := mailer.SMTPOptions{Host: "127.0.0.1", Port: 25, Encryption: mailer.None, From: "a@example.org"}
		spoil(&o)
		_, err := mailer.NewSMTP(o)
		if fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
		if errors.Unwrap(err) == nil && setting == "SMTP_PORT" {
			t.Errorf("%s: the cause is lost", setting)
		}
	}
}
