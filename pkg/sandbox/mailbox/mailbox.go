// Package mailbox is the sandbox's mail server: it takes mail over SMTP (STARTTLS and
// AUTH where asked for), gives it out over IMAP and shows it on an inbox page. It
// counts copies of the same Message-ID, so that a test can tell one mail from two. It
// delivers nowhere and keeps everything in memory.
package mailbox

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

const (
	maxMessage  = 10 << 20
	maxMessages = 20_000
)

// Options configure [Start].
type Options struct {
	SMTPAddr string // host:port; port 0 picks one
	IMAPAddr string
	Username string // of SMTP; empty: no authentication is asked for
	Password string // of SMTP and of every IMAP account
	TLS      *tls.Config
	Log      *slog.Logger
	Now      func() time.Time
	// Faults makes SMTP go wrong, as upstream "smtp" with the operations RCPT and DATA:
	// a status answers with that code, an outage drops the connection before the mail is
	// kept, a lost answer after it. nil: never.
	Faults *faultswitch.Switch
}

// Message is one accepted mail.
type Message struct {
	Number    int
	MessageID string
	From      string // envelope
	To        string // envelope
	Subject   string
	Received  time.Time
	Raw       []byte
	Copy      int // 1 for the first of its Message-ID and recipient, 2 for the second, ...
}

// Mailbox is the running server.
type Mailbox struct {
	opts   Options
	smtp   *smtp.Server
	imap   *imapserver.Server
	smtpLn net.Listener
	imapLn net.Listener
	users  *imapmemserver.Server
	wg     sync.WaitGroup
	stop   chan struct{} // closed by Stop
	once   sync.Once     // of Stop

	mu       sync.Mutex
	accounts map[string]*imapmemserver.User
	messages []Message
	copies   map[string]int
	changed  chan struct{} // closed and replaced at every delivery
}

// Start listens for SMTP and IMAP.
func Start(ctx context.Context, o Options) (_ *Mailbox, err error) {
	const op = "sandbox mailbox"
	m := &Mailbox{
		opts: o, users: imapmemserver.New(),
		accounts: map[string]*imapmemserver.User{}, copies: map[string]int{}, changed: make(chan struct{}),
		stop: make(chan struct{}),
	}
	var lc net.ListenConfig
	if m.smtpLn, err = lc.Listen(ctx, "tcp", o.SMTPAddr); err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, op+": SMTP", err)
	}
	if m.imapLn, err = lc.Listen(ctx, "tcp", o.IMAPAddr); err != nil {
		return nil, errors.Join(fault.Wrap(fault.InvalidConfig, op+": IMAP", err), m.smtpLn.Close())
	}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{box: m, conn: c}, nil }))
	m.smtp.Domain = "sandbox.invalid"
	m.smtp.MaxMessageBytes = maxMessage
	m.smtp.MaxRecipients = 50
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = time.Minute, time.Minute
	m.smtp.AllowInsecureAuth = o.TLS == nil
	m.smtp.TLSConfig = o.TLS
	m.smtp.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	m.imap = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return m.users.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		Logger:       slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		TLSConfig:    o.TLS,
		InsecureAuth: o.TLS == nil,
	})
	m.wg.Go(func() { m.served("SMTP", m.smtp.Serve(m.smtpLn)) })
	m.wg.Go(func() { m.served("IMAP", m.imap.Serve(m.imapLn)) })
	return m, nil
}

func (m *Mailbox) served(what string, err error) {
	if err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		m.opts.Log.Error("Sandbox mail server failed", "component", "sandbox", "server", what, "error_message", err.Error())
	}
}

// Stop closes both servers and their connections, also those that a fault delays.
func (m *Mailbox) Stop() error {
	m.once.Do(func() { close(m.stop) })
	err := errors.Join(m.smtp.Close(), m.imap.Close())
	m.wg.Wait()
	return err
}

// SMTPAddr is where SMTP listens.
func (m *Mailbox) SMTPAddr() *net.TCPAddr { return m.smtpLn.Addr().(*net.TCPAddr) }

// IMAPAddr is where IMAP listens. Accounts are mail addresses; they exist as soon as
// [Mailbox.Account] names them or a mail for them arrives.
func (m *Mailbox) IMAPAddr() *net.TCPAddr { return m.imapLn.Addr().(*net.TCPAddr) }

// fault asks the switchboard what happens to an SMTP command.
func (m *Mailbox) fault(command string) faultswitch.Effect {
	if m.opts.Faults == nil {
		return faultswitch.Effect{}
	}
	return m.opts.Faults.Pick("smtp", command, command)
}

// Account makes sure the IMAP account of the address exists.
func (m *Mailbox) Account(address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.account(address)
	return err
}

func (m *Mailbox) account(address string) (*imapmemserver.User, error) {
	address = strings.ToLower(address)
	if u := m.accounts[address]; u != nil {
		return u, nil
	}
	u := imapmemserver.NewUser(address, m.opts.Password)
	if err := u.Create("INBOX", nil); err != nil {
		return nil, err
	}
	m.accounts[address] = u
	m.users.AddUser(u)
	return u, nil
}

// Deliver puts a message into the recipients' mailboxes.
func (m *Mailbox) Deliver(from string, to []string, raw []byte) error {
	head, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a mail: " + err.Error()}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.messages)+len(to) > maxMessages {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
	}
	for _, rcpt := range to {
		u, err := m.account(baseAddress(rcpt))
		if err != nil {
			return err
		}
		if _, err := u.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: m.opts.Now()}); err != nil {
			return err
		}
		id := strings.Trim(head.Header.Get("Message-Id"), "<> ")
		m.copies[id+"\x00"+rcpt]++
		m.messages = append(m.messages, Message{
			Number: len(m.messages) + 1, MessageID: id, From: from, To: rcpt, Subject: decodeHeader(head.Header.Get("Subject")),
			Received: m.opts.Now(), Raw: raw, Copy: m.copies[id+"\x00"+rcpt],
		})
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

// baseAddress strips a sub-address: plan+token@x is delivered to plan@x.
func baseAddress(a string) string {
	local, domain, ok := strings.Cut(a, "@")
	if !ok {
		return a
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// Messages returns every accepted mail, oldest first.
func (m *Mailbox) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

// Wait returns when at least n mails have been accepted, or ctx ends.
func (m *Mailbox) Wait(ctx context.Context, n int) error {
	for {
		m.mu.Lock()
		have, changed := len(m.messages), m.changed
		m.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fault.New(fault.TimeoutError, "sandbox mailbox", "%d of %d mails arrived", have, n)
		}
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// session is one SMTP conversation.
type session struct {
	box  *Mailbox
	conn *smtp.Conn
	auth bool
	from string
	to   []string
}

// AuthMechanisms implements [smtp.AuthSession].
func (s *session) AuthMechanisms() []string {
	if s.box.opts.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements [smtp.AuthSession].
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		okUser := subtle.ConstantTimeCompare([]byte(username), []byte(s.box.opts.Username))
		okPass := subtle.ConstantTimeCompare([]byte(password), []byte(s.box.opts.Password))
		if okUser&okPass != 1 {
			return smtp.ErrAuthFailed
		}
		s.auth = true
		return nil
	}), nil
}

// Mail implements [smtp.Session].
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.box.opts.Username != "" && !s.auth {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

// Rcpt implements [smtp.Session].
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if code := s.box.fault("RCPT").Status; code != 0 {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "refused by the sandbox's fault switch"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements [smtp.Session].
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f := s.box.fault("DATA")
	if f.Latency > 0 {
		select {
		case <-time.After(f.Latency):
		case <-s.box.stop:
			return smtp.ErrServerClosed
		}
	}
	if f.Outage {
		return s.conn.Conn().Close()
	}
	if err := s.box.Deliver(s.from, s.to, raw); err != nil {
		return err
	}
	if f.LoseAnswer {
		return s.conn.Conn().Close()
	}
	return nil
}

// Reset implements [smtp.Session].
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements [smtp.Session].
func (s *session) Logout() error { return nil }
