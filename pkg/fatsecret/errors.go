package fatsecret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// Quota says which limit was reached.
type Quota string

// The limits.
const (
	QuotaDaily Quota = "daily" // of the application: stop until tomorrow
	QuotaBurst Quota = "burst" // of the user: stop for minutes
)

// BurstPause is how long to leave a user alone after [QuotaBurst]. The vendor publishes
// no number.
const BurstPause = 10 * time.Minute

// APIError is the cause of a fault that FatSecret answered with.
type APIError struct {
	Code    int       // the vendor's; 0 = the HTTP status speaks
	Status  int       // HTTP
	Message string    // the vendor's words, shortened
	Quota   Quota     // of codes 11 and 12
	Date    time.Time // of the answer, by the server's clock; zero = not said
}

// Error implements error.
func (e *APIError) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("status %d", e.Status)
	}
	return fmt.Sprintf("error %d: %s", e.Code, e.Message)
}

// The codes that are treated each in its own way.
const (
	codeUnknown = 1
	codeKey     = 5

	codeTimestamp = 6
	codeNonce     = 7
	codeSignature = 8
	codeToken     = 9
	codeDaily     = 11
	codeBurst     = 12
	codeOAuth2    = 13
	codeScope     = 14
	codeDown      = 20
	codeIP        = 21
	codeTimeout   = 24
)

var transientCodes = []int{codeUnknown, codeDown, codeTimeout}

// StatusLabel is the HTTP status the error would have had elsewhere, for metrics.
func (e *APIError) StatusLabel() string {
	switch e.Code {
	case 0:
		return strconv.Itoa(e.Status)
	case codeKey, codeTimestamp, codeNonce, codeSignature, codeToken, codeOAuth2, codeIP:
		return "401"
	case codeDaily, codeBurst:
		return "429"
	case codeUnknown, codeScope, codeDown, codeTimeout:
		return "503"
	default:
		return "400"
	}
}

// verdict returns the kind of the error and what to do about it.
func (e *APIError) verdict() (fault.Kind, string) {
	switch e.Code {
	case codeUnknown, codeDown:
		return fault.Unavailable, "FatSecret is out of order"
	case codeTimeout:
		return fault.TimeoutError, "FatSecret gave up on its own servers"
	case codeKey:
		return fault.InvalidConfig, "the consumer key is wrong: check the setting"
	case codeTimestamp:
		return fault.InvalidConfig, "timestamps are refused, even by FatSecret's own clock: check this machine's time, and that no other program uses these keys"
	case codeNonce:
		return fault.FatSecretError, "two nonces were refused"
	case codeSignature:
		return fault.InvalidConfig, "the signature is wrong: check the consumer secret (not the OAuth 2 client secret)"
	case codeToken, codeOAuth2:
		return fault.Unauthorized, "the account is no longer connected: connect it again"
	case codeScope:
		return fault.InvalidConfig, "the API key lacks a scope: check its plan at platform.fatsecret.com"
	case codeIP:
		return fault.InvalidConfig, "this machine's address is not allowed: add it to the key's list at platform.fatsecret.com"
	case codeDaily:
		return fault.QuotaExceeded, "the application's calls of today are used up: nothing is called until tomorrow"
	case codeBurst:
		return fault.QuotaExceeded, fmt.Sprintf("too many calls for this user: wait %v", BurstPause)
	case 205, 206:
		return fault.FatSecretError, "the date is too far from today or before the last weigh-in; it is not tried again"
	default:
		return fault.FatSecretError, ""
	}
}

const maxMessage = 200

// errorIn finds {"error": {"code": 8, "message": "..."}} in a body; the code may be a string.
func errorIn(body []byte) *APIError {
	var w struct {
		Error *struct {
			Code    number `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &w); err != nil || w.Error == nil {
		return nil //nolint:nilerr // what is no error object is for the caller to decode
	}
	e := &APIError{Code: int(w.Error.Code.value), Message: w.Error.Message}
	if e.Code == 0 {
		e.Code = codeUnknown
	}
	if len(e.Message) > maxMessage {
		e.Message = e.Message[:maxMessage] + "..."
	}
	switch e.Code {
	case codeDaily:
		e.Quota = QuotaDaily
	case codeBurst:
		e.Quota = QuotaBurst
	}
	return e
}

// judge looks for an error first, whatever the status, and then decodes.
func (c *Client) judge(op string, resp *http.Response, body []byte, out any) error {
	if e := errorIn(body); e != nil {
		e.Status = resp.StatusCode
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			e.Date = date
		}
		kind, cure := e.verdict()
		return &fault.Error{Kind: kind, Op: op, Message: cure, Cause: e}
	}
	if resp.StatusCode != http.StatusOK {
		return statusError(op, resp)
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return fault.New(fault.FatSecretError, op, "content type %q where JSON was expected: a gateway answered, or the address is wrong", resp.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return &fault.Error{Kind: fault.FatSecretError, Op: op, Message: "answer is not the JSON that was expected", Cause: err}
	}
	return nil
}

func statusError(op string, resp *http.Response) error {
	kind, cure := fault.FatSecretError, ""
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests:
		kind = fault.QuotaExceeded
	case s >= 500:
		kind = fault.Unavailable
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		kind = fault.Unauthorized
	case s >= 300 && s < 400:
		cure = "redirected: check the URL"
	}
	return &fault.Error{Kind: kind, Op: op, Message: cure, Cause: &APIError{Status: resp.StatusCode}}
}

// transportError drops the address from the error: it may hold a signature.
func (c *Client) transportError(op string, err error) error {
	if errors.Is(err, resilient.ErrBodyTooLarge) {
		return &fault.Error{Kind: fault.FatSecretError, Op: op, Message: "refused to read on", Cause: resilient.ErrBodyTooLarge}
	}
	kind := resilient.TransportKind(err)
	message := ""
	switch kind {
	case fault.TimeoutError:
		message = "no answer in time from " + c.api.Host
	case fault.NetworkError:
		message = "cannot reach " + c.api.Host
	default:
	}
	return &fault.Error{Kind: kind, Op: op, Message: message, Cause: unwrapURL(err)}
}

func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func apiError(err error) *APIError {
	e, _ := errors.AsType[*APIError](err)
	return e
}

// Failed reports whether an answer counts against FatSecret's health, for a circuit
// breaker: its own errors of that sort come with HTTP 200. It looks at the first bytes of
// the body and puts them back.
func Failed(resp *http.Response) bool {
	if resp.StatusCode >= http.StatusInternalServerError {
		return true
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), failing{err}, resp.Body), resp.Body}
	if err != nil || !bytes.Contains(head, []byte(`"error"`)) {
		return err != nil
	}
	e := errorIn(head)
	return e != nil && (e.Code == codeUnknown || e.Code == codeDown || e.Code == codeTimeout)
}

// failing returns its error, or is empty without one.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
