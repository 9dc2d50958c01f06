package inbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// session is one connection to the server.
type session struct {
	*Reader
	conn   net.Conn
	client *imapclient.Client
	news   chan struct{} // holds an element once the server has announced a change
}

func (r *Reader) connect(ctx context.Context) (_ *session, err error) {
	s := &session{Reader: r, news: make(chan struct{}, 1)}
	dial, cancel := context.WithTimeout(ctx, r.settings.Timeout)
	defer cancel()
	if s.conn, err = new(net.Dialer).DialContext(dial, "tcp", r.settings.Addr); err != nil {
		return nil, broken(dial, "connect", err)
	}
	err = s.exchange(ctx, connecting, func() error { return s.greet(dial) })
	if err == nil {
		err = s.exchange(ctx, loggingIn, func() error {
			if s.client.Caps().Has(imap.CapLoginDisabled) {
				return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the server takes passwords over encrypted connections only"}
			}
			return s.client.Login(r.settings.Username, r.settings.Password.Reveal()).Wait()
		})
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// greet encrypts the connection and waits for the server's greeting.
func (s *session) greet(ctx context.Context) (err error) {
	options := &imapclient.Options{
		TLSConfig: s.settings.TLS,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(*imapclient.UnilateralDataMailbox) {
				select {
				case s.news <- struct{}{}:
				default:
				}
			},
		},
	}
	switch s.settings.Encryption {
	case StartTLS:
		if s.client, err = imapclient.NewStartTLS(s.conn, options); err != nil {
			return err
		}
	case TLS:
		secured := tls.Client(s.conn, s.settings.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		s.client = imapclient.New(secured, options)
	default:
		s.client = imapclient.New(s.conn, options)
	}
	return s.client.WaitGreeting()
}

func (s *session) close() {
	if s.client != nil {
		_ = s.client.Close() // what it reports has been reported
	}
	_ = s.conn.Close() // closed twice is closed
}

// step is one exchange with the server.
type step string

const (
	connecting step = "connect"
	loggingIn  step = "log in"
	opening    step = "open folder"
	searching  step = "search"
	fetching   step = "fetch"
	noop       step = "noop"
	idling     step = "idle"
)

// refused is the error kind of a step that the server answers with NO.
func (s step) refused() fault.Kind {
	switch s {
	case loggingIn:
		return fault.Unauthorized
	case opening:
		return fault.NotFound
	default:
		return fault.Unavailable
	}
}

// exchange performs one step. When ctx ends or the timeout passes, it closes the
// connection, which is the only way to stop waiting for the answer.
func (s *session) exchange(ctx context.Context, what step, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	return broken(ctx, what, do())
}

// broken classifies an error of the connection.
func broken(ctx context.Context, what step, err error) error {
	const op = "read mailbox: "
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fault.Wrap(fault.KindOf(ctx.Err()), op+string(what), errors.Join(ctx.Err(), err))
	}
	kind := fault.NetworkError
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		kind = fault.TimeoutError
	} else if no, ok := errors.AsType[*imap.Error](err); ok {
		kind = what.refused()
		if no.Code == imap.ResponseCodeUnavailable || no.Code == imap.ResponseCodeInUse || no.Type == imap.StatusResponseTypeBye {
			kind = fault.Unavailable
		}
	}
	return fault.Wrap(kind, op+string(what), err)
}

// pass handles the messages above the watermark, oldest first, and returns how many the
// handler accepted.
func (s *session) pass(ctx context.Context) (n int, err error) {
	var folder *imap.SelectData
	if err := s.exchange(ctx, opening, func() (err error) {
		folder, err = s.client.Select(s.settings.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	}); err != nil {
		return 0, err
	}
	validity, mark, err := s.hooks.Watermarks.Watermark(ctx, s.settings.Folder)
	if err != nil {
		return 0, err
	}
	if folder.UIDNext == 0 {
		return 0, fault.New(fault.Unavailable, "read mailbox: open folder", "the server does not say UIDNEXT")
	}
	first := validity == 0 || validity != folder.UIDValidity
	uids, err := s.search(ctx, first, imap.UID(mark))
	if err != nil {
		return 0, err
	}
	advance := func(uid imap.UID) error {
		return s.hooks.Watermarks.SetWatermark(ctx, s.settings.Folder, folder.UIDValidity, uint32(uid))
	}
	for _, uid := range uids {
		taken, err := s.message(ctx, uid)
		if err != nil {
			return n, err
		}
		if taken {
			n++
		}
		if first { // the unread are not all: a mark amid them would let the read ones in
			continue
		}
		if err := advance(uid); err != nil {
			return n, err
		}
	}
	if first {
		return n, advance(folder.UIDNext - 1)
	}
	return n, nil
}

// search lists the messages to handle, oldest first.
func (s *session) search(ctx context.Context, first bool, mark imap.UID) ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: mark + 1}}}} // to the last one
	if first {
		criteria = &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}, Since: s.hooks.Now().Add(-firstReach)}
		mark = 0
	}
	var uids []imap.UID
	err := s.exchange(ctx, searching, func() error {
		found, err := s.client.UIDSearch(criteria, nil).Wait()
		if err == nil {
			uids = found.AllUIDs()
		}
		return err
	})
	slices.Sort(uids)
	return slices.DeleteFunc(uids, func(u imap.UID) bool { return u <= mark }), err // n:* names the last message even below n
}

// message handles one; false: it is gone, or the handler rejected it permanently.
func (s *session) message(ctx context.Context, uid imap.UID) (taken bool, err error) {
	head, err := s.fetch(ctx, uid, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	if head == nil || err != nil {
		return false, err
	}
	raw := Raw{UID: uint32(uid), Size: head.RFC822Size, Received: head.InternalDate}
	if raw.Size <= MaxRaw {
		body, err := s.fetch(ctx, uid, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		if body == nil || err != nil || len(body.BodySection) == 0 {
			return false, err
		}
		raw.Body = body.BodySection[0].Bytes
	}
	err = fault.Guarded("handle a mail", func() error { return s.hooks.Handler(ctx, raw) })()
	if err != nil && !fault.KindOf(err).Transient() {
		s.hooks.Events(ctx, err)
		return false, nil
	}
	return err == nil, err
}

// expungeIssued is the code with which a server refuses a message that is gone (RFC 5530).
const expungeIssued imap.ResponseCode = "EXPUNGEISSUED"

// fetch returns nil for a message that is no longer there.
func (s *session) fetch(ctx context.Context, uid imap.UID, o *imap.FetchOptions) (m *imapclient.FetchMessageBuffer, err error) {
	err = s.exchange(ctx, fetching, func() error {
		found, err := s.client.Fetch(imap.UIDSetNum(uid), o).Collect()
		if no, ok := errors.AsType[*imap.Error](err); ok && no.Code == expungeIssued {
			return nil
		}
		if i := slices.IndexFunc(found, func(f *imapclient.FetchMessageBuffer) bool { return f.UID == uid }); i >= 0 {
			m = found[i]
		}
		return err
	})
	return m, err
}

// wait returns when the server announces a change, or after d.
func (s *session) wait(ctx context.Context, d time.Duration) error {
	// Some servers announce during IDLE only what arrives during it.
	if err := s.exchange(ctx, noop, func() error { return s.client.Noop().Wait() }); err != nil {
		return err
	}
	var idle *imapclient.IdleCommand
	if s.client.Caps().Has(imap.CapIdle) {
		if err := s.exchange(ctx, idling, func() (err error) {
			idle, err = s.client.Idle()
			return err
		}); err != nil {
			return err
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.news:
	case <-timer.C:
	case <-s.client.Closed():
	case <-ctx.Done():
	}
	if idle == nil {
		return nil
	}
	return s.exchange(ctx, idling, func() error {
		return errors.Join(idle.Close(), idle.Wait())
	})
}
