package inbox

import (
	"context"
	"crypto/tls"
	"math"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Encryption is how the connection to the IMAP server is secured.
type Encryption string

// The encryptions.
const (
	TLS      Encryption = "tls"      // from the first byte, port 993
	StartTLS Encryption = "starttls" // required, port 143
	Off      Encryption = "none"     // loopback only
	Insecure Encryption = "insecure" // none, to a host in a private network
)

const (
	firstReach   = 7 * 24 * time.Hour // how far back the first pass looks
	longestIdle  = 25 * time.Minute   // servers hang up after 30 (RFC 2177)
	shortestWait = time.Second        // upper bound of the first delay between connections
	longestWait  = time.Minute
)

// Settings name the folder.
type Settings struct {
	Addr       string // host:port
	Username   string
	Password   seal.Secret
	Encryption Encryption
	Folder     string        // "" = INBOX
	Poll       time.Duration // between passes, also where the server announces mail; 0 = 60 s
	Timeout    time.Duration // of one exchange with the server; 0 = 30 s
	TLS        *tls.Config   // nil: the system's roots
}

// Raw is an undecoded message of the folder.
type Raw struct {
	UID      uint32
	Size     int64 // bytes, as reported by the server
	Received time.Time
	Body     []byte // nil when Size is above [MaxRaw]: it is not fetched
}

// Handler handles a message. It must be idempotent. After an error of a transient kind the
// message and those after it are delivered again; any other error is final for the message.
type Handler func(ctx context.Context, raw Raw) error

// Watermarks persist how far each folder has been read.
type Watermarks interface {
	// Watermark returns the folder's UIDVALIDITY and the highest UID handled; zeros if the
	// folder has never been read.
	Watermark(ctx context.Context, folder string) (validity, uid uint32, err error)
	SetWatermark(ctx context.Context, folder string, validity, uid uint32) error
}

// Hooks connect a [Reader] to the program.
type Hooks struct {
	Watermarks Watermarks
	Handler    Handler
	// Events is called after every pass: with nil on success, else why it or one of its
	// messages failed.
	Events func(ctx context.Context, err error)
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error // between connections
	Rand   func() float64                             // in [0,1), for the delay between connections
}

// Reader passes messages of an IMAP folder to a [Handler]. It changes nothing there, not even
// a message's flags. It starts with unread messages at most a week old, and starts over when
// the server renumbers the folder.
type Reader struct {
	settings Settings
	hooks    Hooks
}

// New checks the settings. Kind InvalidConfiguration.
func New(s Settings, h Hooks) (*Reader, error) {
	const op = "read mailbox"
	if s.Folder == "" {
		s.Folder = "INBOX"
	}
	if s.Poll == 0 {
		s.Poll = time.Minute
	}
	if s.Timeout == 0 {
		s.Timeout = 30 * time.Second
	}
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, op+": IMAP address", err)
	}
	switch s.Encryption {
	case TLS, StartTLS:
		if s.TLS == nil {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		if s.TLS.ServerName == "" {
			s.TLS = s.TLS.Clone()
			s.TLS.ServerName = host
		}
	case Off:
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fault.New(fault.InvalidConfig, op, "IMAP encryption: none is for this machine only; %s wants tls or starttls", host)
		}
	case Insecure:
	default:
		return nil, fault.New(fault.InvalidConfig, op, "IMAP encryption: %q is not tls, starttls, none or insecure", string(s.Encryption))
	}
	return &Reader{s, h}, nil
}

// Once handles the new messages and returns their number. Kinds:
// NetworkError, TimeoutError and Canceled of the connection, Unauthorized for refused
// credentials, NotFound for a missing folder, and those of the handler and watermarks.
func (r *Reader) Once(ctx context.Context) (n int, err error) {
	s, err := r.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer s.close()
	return s.pass(ctx)
}

// Check connects, logs in and opens the folder without reading it.
func (r *Reader) Check(ctx context.Context) error {
	s, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return s.exchange(ctx, opening, func() error {
		_, err := s.client.Select(r.settings.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
}

// Run handles present and arriving messages until ctx ends, and returns its error. Other
// errors go to Events; it then reconnects with full jitter after up to 1 s, doubled with each
// consecutive failure up to 1 min.
func (r *Reader) Run(ctx context.Context) error {
	retry := resilient.Backoff{
		Tries: math.MaxInt, Base: shortestWait, Max: longestWait,
		Rand: r.hooks.Rand, Sleep: r.hooks.Sleep, Now: r.hooks.Now,
	}
	for failures := 0; ; {
		passes, err := r.stay(ctx)
		if ctx.Err() != nil {
			return fault.Wrap(fault.Canceled, "read mailbox", ctx.Err())
		}
		r.hooks.Events(ctx, err)
		if passes > 0 {
			failures = 0
		}
		failures++
		retry.Wait(ctx, failures, 0)
	}
}

// stay makes passes over one connection until one fails, and returns how many succeeded.
func (r *Reader) stay(ctx context.Context) (passes int, err error) {
	defer fault.Recover("read mailbox", &err)
	s, err := r.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer s.close()
	for {
		if _, err := s.pass(ctx); err != nil {
			return passes, err
		}
		passes++
		r.hooks.Events(ctx, nil)
		if err := s.wait(ctx, min(r.settings.Poll, longestIdle)); err != nil {
			return passes, err
		}
	}
}
