// Package signedlink makes and checks the tokens in links that mails carry. A token is
// bound to a purpose, a user and a subject, expires, and cannot be made without the key.
package signedlink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Claims are what a token says.
type Claims struct {
	Purpose string `json:"p"` // "plan", "unsubscribe", ...
	User    string `json:"u"`
	Subject string `json:"s,omitempty"` // e.g. the week, or the mail type
	Expires int64  `json:"e"`           // Unix seconds
	Issued  int64  `json:"i"`           // Unix seconds
}

const macSize = 16 // bytes of HMAC-SHA-256 kept: 128 bits

// Keys are what a [Signer] works with; each should have at least 32 bytes.
type Keys interface {
	// Signing is the key that signs.
	Signing() []byte
	// Trusted are the keys whose signatures count, the newest first and that one among them.
	Trusted() [][]byte
}

// Key is one key that signs and is trusted.
type Key []byte

// Signing implements [Keys].
func (k Key) Signing() []byte { return k }

// Trusted implements [Keys].
func (k Key) Trusted() [][]byte { return [][]byte{k} }

// Signer makes and checks tokens.
type Signer struct {
	keys Keys
	now  func() time.Time
}

// New returns a signer.
func New(keys Keys, now func() time.Time) *Signer { return &Signer{keys, now} }

// Sign returns a token that is valid for the given time.
func (s *Signer) Sign(purpose, user, subject string, valid time.Duration) string {
	now := s.now()
	payload, err := json.Marshal(Claims{purpose, user, subject, now.Add(valid).Unix(), now.Unix()})
	if err != nil {
		panic(err) // strings and an integer always marshal
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, macOf(s.keys.Signing(), payload)...))
}

// Verify returns the claims of a token made for the purpose. Kind Unauthorized, with
// the same words for every forgery; an expired token says so.
func (s *Signer) Verify(purpose, token string) (Claims, error) {
	const op = "link"
	invalid := fault.New(fault.Unauthorized, op, "this link is incomplete or not valid: open it anew from the mail, or ask whoever sent it for another")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= macSize || len(raw) > 1024 {
		return Claims{}, invalid
	}
	payload, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !s.trusts(func(key []byte) bool { return hmac.Equal(mac, macOf(key, payload)) }) {
		return Claims{}, invalid
	}
	var c Claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Purpose != purpose {
		return Claims{}, invalid
	}
	if s.now().Unix() >= c.Expires {
		return Claims{}, fault.New(fault.Unauthorized, op, "this link has expired: use the one in the latest mail")
	}
	return c, nil
}

func (s *Signer) trusts(made func(key []byte) bool) bool {
	return slices.ContainsFunc(s.keys.Trusted(), made)
}

func macOf(key, payload []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(payload)
	return h.Sum(nil)[:macSize]
}

// ReplyKeySize is the size of the key that names a mail in its address for replies.
const ReplyKeySize = 8

const replyMACSize = 10 // 80 bits

// replyCoding survives mail servers that change the case of an address.
var replyCoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Key names a thing by its parts: the same for the same parts as long as the oldest key is
// trusted, and not to be guessed.
func (s *Signer) Key(parts ...string) [ReplyKeySize]byte {
	trusted := s.keys.Trusted()
	h := hmac.New(sha256.New, trusted[len(trusted)-1])
	h.Write([]byte("key\x00" + strings.Join(parts, "\x00")))
	return [ReplyKeySize]byte(h.Sum(nil))
}

// ReplyTag returns the part of a mail's address for replies that nobody can guess: the
// mail's key, and proof that we made it for the user and the week. 29 characters, lower
// case.
func (s *Signer) ReplyTag(key [ReplyKeySize]byte, user, week string) string {
	return replyTag(s.keys.Signing(), key, user, week)
}

func replyTag(secret []byte, key [ReplyKeySize]byte, user, week string) string {
	return strings.ToLower(replyCoding.EncodeToString(append(key[:], replyMAC(secret, key, user, week)...)))
}

// ReplyKey returns the key that a tag claims to carry; false: it is no tag.
func ReplyKey(tag string) (key [ReplyKeySize]byte, ok bool) {
	raw, err := replyCoding.DecodeString(strings.ToUpper(tag))
	if err != nil || len(raw) != ReplyKeySize+replyMACSize {
		return key, false
	}
	return [ReplyKeySize]byte(raw), true
}

// VerifyReplyTag reports whether the tag was made by [Signer.ReplyTag] for the user and
// the week.
func (s *Signer) VerifyReplyTag(tag, user, week string) bool {
	key, ok := ReplyKey(tag)
	return ok && s.trusts(func(secret []byte) bool {
		return hmac.Equal([]byte(replyTag(secret, key, user, week)), []byte(strings.ToLower(tag)))
	})
}

func replyMAC(secret []byte, key [ReplyKeySize]byte, user, week string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("reply\x00"))
	h.Write(key[:])
	h.Write([]byte(user + "\x00" + week))
	return h.Sum(nil)[:replyMACSize]
}
