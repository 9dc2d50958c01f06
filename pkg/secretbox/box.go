package secretbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"

	"github.com/mealplanner/mealplanner/pkg/fault"
)

// KeyHexLen is the length of a key as written in configuration: 32 bytes in hex.
const KeyHexLen = 64

// version leads every sealed value, so that a later format can be told apart.
const version = 1

// Box seals and opens with AES-256-GCM under a random 96-bit nonce. It is safe for
// concurrent use. One key should seal fewer than 2^32 values (NIST SP 800-38D, 8.3).
type Box struct {
	aead        cipher.AEAD
	fingerprint string
}

// New returns a box for a key of 64 hex characters.
func New(key Secret) (*Box, error) {
	const op = "secretbox: key"
	raw, err := hex.DecodeString(key.Reveal())
	if err != nil || len(raw) != KeyHexLen/2 {
		return nil, fault.New(fault.InvalidConfig, op,
			"want %d hexadecimal characters, got %d; make one with: openssl rand -hex 32", KeyHexLen, len(key))
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, op, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	sum := sha256.Sum256(append([]byte("mealplanner key fingerprint:"), raw...))
	return &Box{aead, hex.EncodeToString(sum[:8])}, nil
}

// Fingerprint tells keys apart, in 16 hexadecimal characters, and says nothing of the key.
func (b *Box) Fingerprint() string { return b.fingerprint }

// Seal encrypts a secret. context names where the value is stored (a table, column and
// row, say): opening under another context fails, so values cannot be swapped.
func (b *Box) Seal(s Secret, context string) []byte {
	return b.aead.Seal([]byte{version}, nil, []byte(s.Reveal()), []byte(context))
}

// Open decrypts what [Box.Seal] made under the same key and context.
func (b *Box) Open(sealed []byte, context string) (Secret, error) {
	const op = "secretbox: open"
	if len(sealed) == 0 || sealed[0] != version {
		return "", fault.New(fault.InvalidConfig, op, "not a sealed value")
	}
	plain, err := b.aead.Open(nil, nil, sealed[1:], []byte(context))
	if err != nil {
		return "", fault.New(fault.InvalidConfig, op,
			"the value was sealed with another key or for another place; connect the account again")
	}
	return Secret(plain), nil
}
