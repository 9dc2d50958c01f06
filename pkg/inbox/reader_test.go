package inbox_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
)

func TestTheFirstPassTakesWhatIsUnreadAndRecent(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner, now := newWorld(), openMailProgram(t, addr), time.Now()
			w.once(t, addr, nil) // an empty folder
			delete(w.marks, "INBOX")
			owner.put("INBOX", "unread", now.Add(-6*24*time.Hour), 1)
			owner.put("INBOX", "read", now, 1, imap.FlagSeen)
			owner.put("INBOX", "old", now.Add(-9*24*time.Hour), 1)
			owner.put("INBOX", "flagged", now, 1, imap.FlagFlagged)
			flags := owner.flags()
			w.once(t, addr, nil, "unread", "flagged")
			w.once(t, addr, nil, "unread", "flagged") // the mark survives the reader
			owner.put("INBOX", "read elsewhere", now.Add(-30*24*time.Hour), 1, imap.FlagSeen)
			owner.put("INBOX", "new", now, 1)
			w.once(t, addr, nil, "unread", "flagged", "read elsewhere", "new")
			after := owner.flags()
			for uid, f := range flags {
				if d := cmp.Diff(f, after[uid]); d != "" {
					t.Errorf("flags of %d: %s", uid, d)
				}
			}
			if len(after) != 6 {
				t.Errorf("%d mails are left", len(after))
			}
		})
	}
}

func TestALargeMailIsAnnouncedWithoutItsBody(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			owner.put("INBOX", "large", time.Now(), 5<<20)
			owner.put("INBOX", "small", time.Now(), 5)
			w.once(t, addr, nil, "(not fetched)", "small")
			if large := w.raws[0]; large.Body != nil || large.Size < 5<<20 || time.Since(large.Received).Abs() > time.Minute {
				t.Errorf("size %d, %d bytes, received %v", large.Size, len(large.Body), large.Received)
			}
			if small := w.raws[1]; int64(len(small.Body)) != small.Size {
				t.Errorf("size %d, %d bytes", small.Size, len(small.Body))
			}
		})
	}
}

func TestWhatTheHandlerSays(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			r := w.reader(t, addr, nil)
			if _, err := r.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"bug", "a", "b", "c"} {
				owner.put("INBOX", name, time.Now(), 1)
			}
			w.refuse["bug"] = errBug
			w.refuse["a"] = fault.New(fault.InvalidInput, "", "unreadable")
			w.refuse["b"] = fault.New(fault.DatabaseError, "", "gone for now")
			if n, err := r.Once(t.Context()); n != 0 || fault.KindOf(err) != fault.DatabaseError {
				t.Errorf("%d, %v", n, err)
			}
			if len(w.events) != 2 || !errors.Is(w.events[0], errBug) || fault.KindOf(w.events[1]) != fault.InvalidInput {
				t.Errorf("events %v", w.events)
			}
			w.once(t, addr, nil, "b", "c") // the panic and "a" were final, "b" was not
		})
	}
}

// A first pass that breaks off is repeated: it may not let read mails in.
func TestABrokenFirstPassIsRepeated(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			owner.put("INBOX", "a", time.Now(), 1)
			owner.put("INBOX", "read", time.Now(), 1, imap.FlagSeen)
			owner.put("INBOX", "b", time.Now(), 1)
			w.refuse["b"] = fault.New(fault.DatabaseError, "", "gone for now")
			if n, err := w.reader(t, addr, nil).Once(t.Context()); n != 1 || err == nil {
				t.Errorf("%d, %v", n, err)
			}
			w.once(t, addr, nil, "a", "a", "b")
		})
	}
}

func TestANewUIDValidityBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			replies := func(s *inbox.Settings) { s.Folder = "Replies" }
			for range 2 {
				if err := owner.Create("Replies", nil).Wait(); err != nil {
					t.Fatal(err)
				}
				owner.put("Replies", "read", time.Now(), 1, imap.FlagSeen)
				owner.put("Replies", "unread", time.Now(), 1)
				if len(w.got) == 0 {
					w.once(t, addr, replies, "unread")
					w.once(t, addr, replies, "unread")
				} else {
					w.once(t, addr, replies, "unread", "unread")
				}
				if err := owner.Delete("Replies").Wait(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.reader(t, addr, replies).Once(t.Context()); fault.KindOf(err) != fault.NotFound {
				t.Errorf("a missing folder: %v", err)
			}
			if err := w.reader(t, addr, replies).Check(t.Context()); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the check of a missing folder: %v", err)
			}
		})
	}
}

func TestAMessageThatVanishesIsSkipped(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			for _, name := range []string{"a", "b", "c"} {
				owner.put("INBOX", name, time.Now(), 1)
			}
			r, err := inbox.New(inbox.Settings{Addr: addr, Username: account, Password: password, Encryption: inbox.Off}, inbox.Hooks{
				Watermarks: w, Events: w.event, Now: time.Now,
				Handler: func(ctx context.Context, raw inbox.Raw) error {
					if err := w.handle(ctx, raw); err != nil || len(w.got) > 1 {
						return err
					}
					if _, err := owner.Select("INBOX", nil).Wait(); err != nil {
						return err
					}
					if err := owner.Store(imap.UIDSetNum(imap.UID(raw.UID+1)), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
						return err
					}
					return owner.Expunge().Close()
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := r.Once(t.Context()); n != 2 || err != nil || !cmp.Equal(w.got, []string{"a", "c"}) {
				t.Errorf("%d, %v, %v", n, w.got, err)
			}
		})
	}
}

func TestArrivalsWakeTheReader(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner := newWorld(), openMailProgram(t, addr)
			w.run(t, w.reader(t, addr, nil))
			for i, name := range []string{"a", "b", "c"} {
				w.await(t, "a pass", 5*time.Second, func() bool { return len(w.events) > i })
				time.Sleep(50 * time.Millisecond) // now it idles: the poll is minutes away
				owner.put("INBOX", name, time.Now(), 1)
				w.await(t, name, 2*time.Second, func() bool { return len(w.got) == i+1 })
			}
		})
	}
}

func TestTheFolderIsLookedAtAgainWithoutIdle(t *testing.T) {
	t.Parallel()
	addr := startBasic(t)
	w, owner := newWorld(), openMailProgram(t, addr)
	w.run(t, w.reader(t, addr, func(s *inbox.Settings) { s.Poll = 20 * time.Millisecond }))
	w.await(t, "some passes", 5*time.Second, func() bool { return len(w.events) > 3 })
	owner.put("INBOX", "a", time.Now(), 1)
	w.await(t, "a", 2*time.Second, w.has("a"))
}

func TestABrokenConnectionIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w, owner, line := newWorld(), openMailProgram(t, addr), startProxy(t, addr)
			w.run(t, w.reader(t, line.ln.Addr().String(), nil))
			for i, name := range []string{"a", "b"} {
				w.await(t, "a pass", 5*time.Second, func() bool { return len(w.events) > 0 && w.events[len(w.events)-1] == nil })
				line.cut()
				w.await(t, "the error", 5*time.Second, func() bool {
					return len(w.events) > i && fault.KindOf(errors.Join(w.events...)) == fault.NetworkError
				})
				owner.put("INBOX", name, time.Now(), 1)
				w.await(t, name, 5*time.Second, func() bool { return len(w.got) == i+1 })
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t)
			w := newWorld()
			_, err := w.reader(t, addr, func(s *inbox.Settings) { s.Password = "wrong" }).Once(t.Context())
			if fault.KindOf(err) != fault.Unauthorized || strings.Contains(err.Error(), "wrong") {
				t.Errorf("a wrong password: %v", err)
			}
			_, err = w.reader(t, addr, func(s *inbox.Settings) { s.Encryption = inbox.TLS }).Once(t.Context())
			if fault.KindOf(err) != fault.NetworkError {
				t.Errorf("TLS towards a server without it: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err = w.reader(t, addr, nil).Once(ctx); fault.KindOf(err) != fault.Canceled {
				t.Errorf("an ended context: %v", err)
			}
		})
	}
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	server, client := selfSigned(t)
	m := sandbox(t, server)
	if err := m.Deliver("ana@x.example", []string{account}, []byte("From: ana@x.example\r\nSubject: a\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	addr := m.IMAPAddr().String()
	newWorld().once(t, addr, func(s *inbox.Settings) { s.Encryption, s.TLS = inbox.StartTLS, client }, "a")
	_, err := newWorld().reader(t, addr, func(s *inbox.Settings) { s.Encryption = inbox.StartTLS }).Once(t.Context())
	if fault.KindOf(err) != fault.NetworkError || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	if _, err := newWorld().reader(t, addr, nil).Once(t.Context()); fault.KindOf(err) != fault.Unauthorized || !strings.Contains(err.Error(), "encrypted connections only") {
		t.Errorf("in the clear: %v", err)
	}
	newWorld().once(t, startTLSFront(t, server, startBasic(t)), func(s *inbox.Settings) { s.Encryption, s.TLS = inbox.TLS, client })
}

func TestAServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	for _, encryption := range []inbox.Encryption{inbox.Off, inbox.StartTLS, inbox.TLS} {
		_, err = newWorld().reader(t, addr, func(s *inbox.Settings) { s.Timeout, s.Encryption = 50*time.Millisecond, encryption }).Once(t.Context())
		if fault.KindOf(err) != fault.TimeoutError {
			t.Errorf("%s: %v", encryption, err)
		}
	}
	ln.Close()
	if _, err = newWorld().reader(t, addr, nil).Once(t.Context()); fault.KindOf(err) != fault.NetworkError {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, s := range []inbox.Settings{
		{Addr: "mail.example.org:143", Encryption: inbox.Off},
		{Addr: "127.0.0.1", Encryption: inbox.Off},
		{Addr: "127.0.0.1:143", Encryption: "ssl"},
	} {
		if _, err := inbox.New(s, inbox.Hooks{}); fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, s := range []inbox.Settings{
		{Addr: "mail.example.org:143", Encryption: inbox.Insecure},
		{Addr: "localhost:143", Encryption: inbox.Off},
		{Addr: "[::1]:143", Encryption: inbox.Off},
		{Addr: "mail.example.org:993", Encryption: inbox.TLS},
	} {
		if _, err := inbox.New(s, inbox.Hooks{}); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
