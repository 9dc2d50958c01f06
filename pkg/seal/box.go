package seal

import (
	"bytes"
	"encoding/hex"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// The first byte of a sealed value: which form it has.
const (
	unnamed = 1 // nonce and ciphertext; the key must be found by trying
	named   = 2 // the key's id, nonce and ciphertext
)

// Seal encrypts a secret with the key in use: AES-256-GCM under a random 96-bit nonce. One
// key should seal fewer than 2^32 values (NIST SP 800-38D, 8.3). context names where the
// value is stored (a table, column and row, say): opening under another context fails, so
// values cannot be swapped.
func (r *Ring) Seal(s Secret, context string) []byte {
	k := r.keys[r.state.Load().inUse]
	return k.sealer.Seal(slices.Concat([]byte{named}, k.rawID), nil, []byte(s.Reveal()), []byte(context))
}

// Open decrypts what [Ring.Seal] made under the same context with any key of the ring.
// Kind InvalidConfiguration: the key is missing, or the value belongs elsewhere.
func (r *Ring) Open(sealed []byte, context string) (Secret, error) {
	plain, _, err := r.open(sealed, context)
	return plain, err
}

// SealedWith names the key of a sealed value; "" when it carries no name and no key of the
// ring opens it.
func (r *Ring) SealedWith(sealed []byte, context string) ID {
	if len(sealed) > idSize && sealed[0] == named {
		return ID(hex.EncodeToString(sealed[1 : 1+idSize]))
	}
	_, id, _ := r.open(sealed, context) // who cannot open it cannot name its key
	return id
}

func (r *Ring) open(sealed []byte, context string) (Secret, ID, error) {
	const op = "secretbox: open"
	switch {
	case len(sealed) > idSize && sealed[0] == named:
		id := sealed[1 : 1+idSize]
		i := slices.IndexFunc(r.keys, func(k key) bool { return bytes.Equal(k.rawID, id) })
		if i < 0 {
			return "", "", Lacking(ID(hex.EncodeToString(id)))
		}
		plain, err := r.keys[i].sealer.Open(nil, nil, sealed[1+idSize:], []byte(context))
		if err != nil {
			return "", "", fault.New(fault.InvalidConfig, op, "the value is damaged, or was sealed for another place; connect the account again")
		}
		return Secret(plain), r.keys[i].id, nil
	case len(sealed) > 0 && sealed[0] == unnamed:
		for _, k := range r.keys {
			if plain, err := k.sealer.Open(nil, nil, sealed[1:], []byte(context)); err == nil {
				return Secret(plain), k.id, nil
			}
		}
		return "", "", fault.New(fault.InvalidConfig, op, "no key of MEALPLANNER_KEY opens the value: put the key back that sealed it, or connect the account again")
	default:
		return "", "", fault.New(fault.InvalidConfig, op, "not a sealed value")
	}
}
