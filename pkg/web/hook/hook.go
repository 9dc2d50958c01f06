// Package hook posts messages to addresses that users name, and to none inside the network: every
// address that a name stands for is looked at when the connection is made.
package hook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/reach"
)

// within bounds an attempt, and most what is read of an answer.
const (
	within = 10 * time.Second
	most   = 4 << 10
)

// Sender posts messages.
type Sender struct{ client *http.Client }

var _ webhook.Sender = (*Sender)(nil)

// errInside is what an address inside the network is refused with.
var errInside = fault.New(fault.InvalidInput, "webhook", "its address is inside the network of this installation, which is not asked")

// New returns a sender; internal allows addresses inside the network.
func New(internal bool) *Sender {
	d := &net.Dialer{Timeout: within}
	if !internal {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(address); err != nil || !reach.Public(at.Addr()) {
				return errInside
			}
			return nil
		}
	}
	return &Sender{&http.Client{
		Timeout:       within,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: within, MaxResponseHeaderBytes: 16 << 10}, // no proxy: it would reach what we must not
	}}
}

// Send implements [webhook.Sender].
func (s *Sender) Send(ctx context.Context, d webhook.Due, headers map[string]string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Message))
	if err != nil {
		return 0, fault.New(fault.InvalidInput, "webhook", "its address cannot be read")
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := s.client.Do(req)
	switch {
	case err == nil:
	case errors.Is(err, errInside):
		return 0, errInside
	case os.IsTimeout(err):
		return 0, fault.Wrap(fault.TimeoutError, "webhook", err)
	default:
		return 0, fault.Wrap(fault.NetworkError, "webhook", err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, most) // what it says is not of interest
	return resp.StatusCode, resp.Body.Close()
}
