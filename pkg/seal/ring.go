package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// KeyHexLen is the length of a key as written in configuration: 32 bytes in hex.
const KeyHexLen = 64

// MaxKeys is how many keys a ring may hold.
const MaxKeys = 8

const idSize = 8

// ID names a key without telling it: 16 hexadecimal characters.
type ID string

// key is one key of a ring.
type key struct {
	id     ID
	rawID  []byte
	text   []byte // as configured, which is what links are signed with
	sealer cipher.AEAD
}

// Ring holds the keys of an installation, the newest first. One of them, the key in use,
// seals and signs; every key opens what it has sealed. Which key is in use, and which are
// retired, is the installation's decision: see [Ring.Use]. It is safe for concurrent use.
type Ring struct {
	keys  []key
	state atomic.Pointer[ringState]
}

type ringState struct {
	inUse   int
	trusted [][]byte
}

// ParseRing reads keys of 64 hexadecimal characters, the newest first, with white space or
// commas between them. The oldest is in use until [Ring.Use] says otherwise. Kind
// InvalidConfiguration.
func ParseRing(text Secret) (*Ring, error) {
	bad := func(format string, args ...any) error {
		return fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", format, args...)
	}
	words := strings.FieldsFunc(text.Reveal(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' || r == '\t' })
	switch {
	case len(words) == 0:
		return nil, bad("not set: make a key with `openssl rand -hex 32`, and keep it: what it seals cannot be read without it")
	case len(words) > MaxKeys:
		return nil, bad("holds %d keys: %d are the most; `mealplanner key list` shows which are needed", len(words), MaxKeys)
	}
	r := &Ring{}
	for i, w := range words {
		raw, err := hex.DecodeString(w)
		if err != nil || len(raw) != KeyHexLen/2 {
			which := ""
			if len(words) > 1 {
				which = fmt.Sprintf(" (key %d of %d is not)", i+1, len(words))
			}
			return nil, bad("must be %d hexadecimal characters, or several such keys, the newest first%s: make one with `openssl rand -hex 32`", KeyHexLen, which)
		}
		k, err := newKey(raw, w)
		if err != nil {
			return nil, err
		}
		if r.index(k.id) >= 0 {
			return nil, bad("holds key %s twice", k.id)
		}
		r.keys = append(r.keys, k)
	}
	return r, r.Use(r.Oldest(), nil)
}

func newKey(raw []byte, text string) (key, error) {
	const op = "secretbox: key"
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, fault.Wrap(fault.Internal, op, err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, fault.Wrap(fault.Internal, op, err)
	}
	h := hmac.New(sha256.New, raw)
	h.Write([]byte("the name of this key"))
	id := h.Sum(nil)[:idSize]
	return key{ID(hex.EncodeToString(id)), id, []byte(text), sealer}, nil
}

func (r *Ring) index(id ID) int {
	return slices.IndexFunc(r.keys, func(k key) bool { return k.id == id })
}

// IDs names the keys, the newest first.
func (r *Ring) IDs() []ID {
	out := make([]ID, len(r.keys))
	for i, k := range r.keys {
		out[i] = k.id
	}
	return out
}

// Holds reports whether the ring has the key.
func (r *Ring) Holds(id ID) bool { return r.index(id) >= 0 }

// Newest is the key that the installation should come to use.
func (r *Ring) Newest() ID { return r.keys[0].id }

// Oldest is the last key of the ring.
func (r *Ring) Oldest() ID { return r.keys[len(r.keys)-1].id }

// InUse is the key that seals and signs.
func (r *Ring) InUse() ID { return r.keys[r.state.Load().inUse].id }

// Use makes a key the one that seals and signs, and stops trusting what retired keys have
// signed. Kind InvalidConfiguration when the ring lacks the key.
func (r *Ring) Use(id ID, retired []ID) error {
	i := r.index(id)
	if i < 0 {
		return Lacking(id)
	}
	s := &ringState{inUse: i}
	for _, k := range r.keys {
		if k.id == id || !slices.Contains(retired, k.id) {
			s.trusted = append(s.trusted, k.text)
		}
	}
	r.state.Store(s)
	return nil
}

// Lacking is the error of a ring without a key that is needed.
func Lacking(id ID) error {
	return fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", "lacks key %s: put it back, behind the newer keys; if it is lost: `mealplanner key retire %s --lost`", id, id)
}

// Signing returns the key that signs.
func (r *Ring) Signing() []byte { return r.keys[r.state.Load().inUse].text }

// Trusted returns the keys whose signatures count, the newest first.
func (r *Ring) Trusted() [][]byte { return r.state.Load().trusted }
