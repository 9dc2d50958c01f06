package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// address is what a server's answer may repeat of the recipient; errors end up in logs
// and spans, where no mail address belongs.
var address = lazyregexp.New(`<?[^\s<>,;:]+@[^\s<>,;:]+>?`)

// sendFault gives an error of the mail library a kind, and no mail address.
func sendFault(ctx context.Context, op string, err error) error {
	kind := fault.NetworkError
	code, temporary := reply(err)
	switch {
	case code == 530 || code == 534 || code == 535: // RFC 4954: authentication required, too weak, invalid
		kind = fault.Unauthorized
	case code > 0 && temporary:
		kind = fault.EmailDeferred
	case code > 0:
		kind = fault.EmailError
	case errors.Is(ctx.Err(), context.Canceled):
		kind = fault.Canceled
	case ctx.Err() != nil || isTimeout(err):
		kind = fault.TimeoutError
	case lacks(err):
		kind = fault.InvalidConfig
	}
	return fault.New(kind, op, "%s", address().ReplaceAllString(err.Error(), "<address>"))
}

// reply returns the SMTP code of the server's refusal, 0 when it did not refuse.
func reply(err error) (code int, temporary bool) {
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.ErrorCode() > 0 {
		return e.ErrorCode(), e.IsTemp()
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code, true // refused before the mail was named: the server, not the mail, is at fault
	}
	return 0, false
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// lacks reports whether the server cannot do what SMTP_ENCRYPTION or SMTP_USERNAME asks
// for, or its certificate is not trusted. The library has no error value for the former.
func lacks(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || strings.Contains(err.Error(), "does not support STARTTLS") || strings.Contains(err.Error(), "does not support SMTP AUTH")
}
