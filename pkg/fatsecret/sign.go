package fatsecret

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- HMAC-SHA1 is the only method FatSecret accepts
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Escape percent-encodes as RFC 3986 wants it (RFC 5849, 3.6): everything but letters,
// digits, "-", ".", "_" and "~". url.QueryEscape writes a space as "+", which no
// signature survives.
func Escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// BaseString is what is signed (RFC 5849, 3.4.1): the verb, the address without query or
// fragment, and all parameters, those of the address included.
func BaseString(verb string, address *url.URL, params url.Values) string {
	all := maps.Clone(params)
	for k, v := range address.Query() {
		all[k] = append(slices.Clone(all[k]), v...)
	}
	var pairs []string
	for k, values := range all {
		for _, v := range values {
			pairs = append(pairs, Escape(k)+"\x00"+Escape(v))
		}
	}
	slices.Sort(pairs) // by name, then by value: no escaped text holds a byte below "%"
	for i, p := range pairs {
		pairs[i] = strings.Replace(p, "\x00", "=", 1)
	}
	host := strings.ToLower(address.Host)
	scheme := strings.ToLower(address.Scheme)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	path := address.EscapedPath()
	if path == "" {
		path = "/"
	}
	return strings.ToUpper(verb) + "&" + Escape(scheme+"://"+host+path) + "&" + Escape(strings.Join(pairs, "&"))
}

// Sign returns the HMAC-SHA1 signature of a base string (RFC 5849, 3.4.2). The "&" of the
// key stays without a token.
func Sign(base string, consumer, token seal.Secret) string {
	mac := hmac.New(sha1.New, []byte(Escape(consumer.Reveal())+"&"+Escape(token.Reveal())))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// clock gives timestamps that never decrease and nonces that never repeat.
type clock struct {
	now    func() time.Time
	random io.Reader

	mu       sync.Mutex
	last     int64         // highest timestamp given
	accepted int64         // highest timestamp the server took
	skew     time.Duration // of the server's clock against ours
}

const nonceBytes = 16

func (c *clock) stamp() (timestamp int64, nonce string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b [nonceBytes]byte
	if _, err := io.ReadFull(c.random, b[:]); err != nil {
		return 0, "", fmt.Errorf("nonce: %w", err)
	}
	c.last = max(c.last, c.now().Add(c.skew).Unix())
	return c.last, hex.EncodeToString(b[:]), nil
}

func (c *clock) tookBy(timestamp int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accepted = max(c.accepted, timestamp)
}

// dateSlack is what the Date header leaves open: it counts whole seconds.
const dateSlack = time.Second

// correct learns from the refusal of a timestamp whose answer took so long and has the
// server's time. The clock is set to the end of the second that the server names, by which
// it is ahead by a second at most: set to its beginning, it would lag, and every call of
// another process in the same second would have its own refused. Had the clock been right,
// that time would lie within the call: then another process was quicker with a later
// timestamp, and the clock is not turned back.
// Timestamps the server refused are forgotten, those it took are never gone below.
func (c *clock) correct(server time.Time, refused int64, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late, skew := server.Sub(time.Unix(refused, 0)), server.Add(dateSlack).Sub(c.now())
	if late < -dateSlack || late > took+dateSlack {
		c.skew = skew
	}
	c.skew, c.last = max(c.skew, skew), c.accepted
}

// signed adds the OAuth parameters and the signature to params.
func (c *Client) signed(verb string, address *url.URL, params url.Values, tok Token) (url.Values, int64, error) {
	ts, nonce, err := c.clock.stamp()
	if err != nil {
		return nil, 0, err
	}
	all := maps.Clone(params)
	all.Set("oauth_consumer_key", c.cfg.ConsumerKey)
	all.Set("oauth_signature_method", "HMAC-SHA1")
	all.Set("oauth_timestamp", strconv.FormatInt(ts, 10))
	all.Set("oauth_nonce", nonce)
	all.Set("oauth_version", "1.0")
	if tok.Key != "" {
		all.Set("oauth_token", tok.Key)
	}
	all.Set("oauth_signature", Sign(BaseString(verb, address, all), c.cfg.ConsumerSecret, tok.Secret))
	return all, ts, nil
}

// form encodes parameters for a body or a query the way they were signed.
func form(params url.Values) string {
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		for _, v := range params[k] {
			pairs = append(pairs, Escape(k)+"="+Escape(v))
		}
	}
	return strings.Join(pairs, "&")
}
