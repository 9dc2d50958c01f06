package inbox_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/test/kit/dovecot"
)

const (
	account  = "plan@x.example"
	password = "correct horse"
)

// servers are the IMAP servers that the reader is tested against; each start returns
// the address of an empty account.
var servers = map[string]func(*testing.T) string{"sandbox": startSandbox, "dovecot": startDovecot}

func startSandbox(t *testing.T) string {
	t.Helper()
	return sandbox(t, nil).IMAPAddr().String()
}

func sandbox(t *testing.T, secured *tls.Config) *mailbox.Mailbox {
	t.Helper()
	m, err := mailbox.Start(t.Context(), mailbox.Options{
		SMTPAddr: "127.0.0.1:0", IMAPAddr: "127.0.0.1:0", Password: password, TLS: secured,
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
	if err := m.Account(account); err != nil {
		t.Fatal(err)
	}
	return m
}

// startBasic starts a server that speaks IMAP4rev1 without IDLE.
func startBasic(t *testing.T) string {
	t.Helper()
	u := imapmemserver.NewUser(account, password)
	if err := u.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	users := imapmemserver.New()
	users.AddUser(u)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: true, Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	})
	ln := listen(t)
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(ln) })
	t.Cleanup(func() {
		srv.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

func startDovecot(t *testing.T) string {
	t.Helper()
	return dovecot.Start(t, account, password)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// mailProgram is one of the account's owner.
type mailProgram struct {
	t *testing.T
	*imapclient.Client
}

func openMailProgram(t *testing.T, addr string) mailProgram {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(account, password).Wait(); err != nil {
		t.Fatal(err)
	}
	return mailProgram{t, c}
}

// put stores a mail whose Subject is the name.
func (p mailProgram) put(folder, name string, at time.Time, size int, flags ...imap.Flag) {
	p.t.Helper()
	raw := fmt.Sprintf("From: ana@x.example\r\nSubject: %s\r\n\r\n%s\r\n", name, strings.Repeat("x", size))
	if err := dovecot.Append(p.Client, folder, []byte(raw), &imap.AppendOptions{Time: at, Flags: flags}); err != nil {
		p.t.Fatal(err)
	}
}

// flags are those of every mail of the INBOX, by UID.
func (p mailProgram) flags() map[imap.UID][]imap.Flag {
	p.t.Helper()
	if _, err := p.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		p.t.Fatal(err)
	}
	list, err := p.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	if err != nil {
		p.t.Fatal(err)
	}
	all := map[imap.UID][]imap.Flag{}
	for _, m := range list {
		all[m.UID] = nil
		for _, f := range m.Flags {
			if f != "\\Recent" {
				all[m.UID] = append(all[m.UID], f)
			}
		}
	}
	return all
}

// proxy passes connections on until it is cut.
type proxy struct {
	ln net.Listener
	mu sync.Mutex
	up []net.Conn
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	return proxyOn(t, listen(t), to)
}

// startTLSFront puts TLS in front of a server.
func startTLSFront(t *testing.T, secured *tls.Config, to string) string {
	t.Helper()
	return proxyOn(t, tls.NewListener(listen(t), secured), to).ln.Addr().String()
}

func proxyOn(t *testing.T, ln net.Listener, to string) *proxy {
	t.Helper()
	p := &proxy{ln: ln}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			p.mu.Lock()
			p.up = append(p.up, in, out)
			p.mu.Unlock()
			for _, c := range [][2]net.Conn{{in, out}, {out, in}} {
				running.Go(func() {
					_, _ = io.Copy(c[0], c[1])
					c[0].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		ln.Close()
		p.cut()
		running.Wait()
	})
	return p
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.up {
		c.Close()
	}
	p.up = nil
}

// noSleep is a Sleep that does not take long.
func noSleep(ctx context.Context, _ time.Duration) error {
	time.Sleep(time.Millisecond)
	return ctx.Err()
}

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
