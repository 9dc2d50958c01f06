// Package signedlink makes and checks the tokens in links that mails carry. A token is
// bound to a purpose, a user and a subject, expires, and cannot be made without the key.
package signedlink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
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

// Signer makes and checks tokens.
type Signer struct {
	key []byte
	now func() time.Time
}

// New returns a signer; the key should have at least 32 bytes.
func New(key []byte, now func() time.Time) *Signer { return &Signer{key, now} }

// Sign returns a token that is valid for the given time.
func (s *Signer) Sign(purpose, user, subject string, valid time.Duration) string {
	now := s.now()
	payload, err := json.Marshal(Claims{purpose, user, subject, now.Add(valid).Unix(), now.Unix()})
	if err != nil {
		panic(err) // strings and an integer always marshal
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, s.mac(payload)...))
}

// Verify returns the claims of a token made for the purpose. Kind Unauthorized, with
// the same words for every forgery; an expired token says so.
func (s *Signer) Verify(purpose, token string) (Claims, error) {
	const op = "link"
	invalid := fault.New(fault.Unauthorized, op, "this link is not valid")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= macSize || len(raw) > 1024 {
		return Claims{}, invalid
	}
	payload, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, s.mac(payload)) {
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

func (s *Signer) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(payload)
	return h.Sum(nil)[:macSize]
}

// ReplyKeySize is the size of the key that names a mail in its address for replies.
const ReplyKeySize = 8

const replyMACSize = 10 // 80 bits

// replyCoding survives mail servers that change the case of an address.
var replyCoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Key names a thing by its parts: the same for the same parts, and not to be guessed.
func (s *Signer) Key(parts ...string) [ReplyKeySize]byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("key\x00" + strings.Join(parts, "\x00")))
	return [ReplyKeySize]byte(h.Sum(nil))
}

// ReplyTag returns the part of a mail's address for replies that nobody can guess: the
// mail's key, and proof that we made it for the user and the week. 29 characters, lower
// case.
func (s *Signer) ReplyTag(key [ReplyKeySize]byte, user, week string) string {
	return strings.ToLower(replyCoding.EncodeToString(append(key[:], s.replyMAC(key, user, week)...)))
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
	return ok && hmac.Equal([]byte(s.ReplyTag(key, user, week)), []byte(strings.ToLower(tag)))
}

func (s *Signer) replyMAC(key [ReplyKeySize]byte, user, week string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("reply\x00"))
	h.Write(key[:])
	h.Write([]byte(user + "\x00" + week))
	return h.Sum(nil)[:replyMACSize]
}
