package mailer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
)

// Encryption says how the connection to the SMTP server is secured.
type Encryption string

// The ways.
const (
	StartTLS Encryption = "starttls" // required, port 587
	TLS      Encryption = "tls"      // from the first byte, port 465
	None     Encryption = "none"     // loopback only
	Insecure Encryption = "insecure" // none, towards a host of a private network
)

// SMTPOptions configure [NewSMTP].
type SMTPOptions struct {
	Host       string
	Port       int
	Username   string // empty: no authentication
	Password   string
	Encryption Encryption
	From       string
	ReplyTo    string
	Timeout    time.Duration // 0 = 10 s
	TLS        *tls.Config   // nil: the system's roots
}

// SMTP sends mails. Safe for concurrent use: each mail has a connection of its own.
type SMTP struct {
	opts  SMTPOptions
	setup []gomail.Option
}

// NewSMTP checks the options. Kind InvalidConfiguration.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	const op = "mail"
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	setup := []gomail.Option{gomail.WithPort(o.Port), gomail.WithTimeout(o.Timeout), gomail.WithoutNoop()}
	switch o.Encryption {
	case StartTLS:
		setup = append(setup, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		setup = append(setup, gomail.WithSSL())
	case None, Insecure:
		setup = append(setup, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fault.New(fault.InvalidConfig, op, "SMTP_ENCRYPTION: %q is not starttls, tls, none or insecure", string(o.Encryption))
	}
	if o.TLS != nil {
		setup = append(setup, gomail.WithTLSConfig(o.TLS))
	}
	if o.Username != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if o.Encryption == None || o.Encryption == Insecure {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		setup = append(setup, gomail.WithSMTPAuth(auth), gomail.WithUsername(o.Username), gomail.WithPassword(o.Password))
	}
	if err := gomail.NewMsg().From(o.From); err != nil {
		return nil, fault.New(fault.InvalidConfig, op, "SMTP_FROM: %q is not an address: %v", o.From, err)
	}
	if _, err := gomail.NewClient(o.Host, setup...); err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, op+" (SMTP_HOST, SMTP_PORT)", err)
	}
	return &SMTP{o, setup}, nil
}

// Send hands one mail to the server and returns its size in bytes. Kinds: EmailError
// (rejected permanently), EmailDeferred (rejected for now), Unauthorized (credentials
// refused), InvalidConfiguration (the server offers no encryption or no authentication,
// or its certificate is not trusted), NetworkError, TimeoutError.
func (s *SMTP) Send(ctx context.Context, m mail.Mail, date time.Time) (size int64, err error) {
	const op = "send mail"
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.opts.From), msg.To(m.To)); err != nil {
		return 0, fault.Wrap(fault.EmailError, op, err)
	}
	if s.opts.ReplyTo != "" {
		if err := msg.ReplyTo(s.opts.ReplyTo); err != nil {
			return 0, fault.Wrap(fault.InvalidConfig, op+" (SMTP_REPLY_TO)", err)
		}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(date)
	for k, v := range m.Headers {
		msg.SetGenHeader(gomail.Header(k), v)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, in := range m.Inline {
		if err := msg.EmbedReader(in.ContentID, bytes.NewReader(in.Data), gomail.WithFileContentID("<"+in.ContentID+">"), gomail.WithFileContentType(gomail.ContentType(in.Type))); err != nil {
			return 0, fault.Wrap(fault.EmailError, op, err)
		}
	}
	var count counter
	if _, err := msg.WriteTo(&count); err != nil {
		return 0, fault.Wrap(fault.EmailError, op, err)
	}
	client, err := gomail.NewClient(s.opts.Host, s.setup...)
	if err != nil {
		return 0, fault.Wrap(fault.InvalidConfig, op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		if msg.IsDelivered() {
			return int64(count), nil // accepted; only the goodbye failed
		}
		return 0, sendFault(ctx, op, err)
	}
	return int64(count), nil
}

// Address is the server's, as it is configured.
func (s *SMTP) Address() (host string, port int) { return s.opts.Host, s.opts.Port }

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Check connects, secures and authenticates, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	const op = "mail"
	client, err := gomail.NewClient(s.opts.Host, s.setup...)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return sendFault(ctx, op+" (check SMTP_HOST, SMTP_PORT, SMTP_USERNAME, SMTP_PASSWORD, SMTP_ENCRYPTION)", err)
	}
	return client.Close()
}
