package signedlink

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

const onceSize = 32 // bytes

// Once makes a random token, for a link that is looked up by its digest; only that is to be stored.
func Once() (token string, digest []byte) {
	raw := make([]byte, onceSize)
	_, _ = rand.Read(raw) // never fails
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(raw), sum[:]
}

// OnceDigest is the digest of a token of [Once]; false for a text that is none.
func OnceDigest(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != onceSize {
		return nil, false
	}
	sum := sha256.Sum256(raw)
	return sum[:], true
}
