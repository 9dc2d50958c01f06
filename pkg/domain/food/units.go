package food

import (
	"math/bits"

	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// massOfOne and volumeOfOne return what one of a unit is: nanograms and picolitres, rounded. false:
// it is not a unit of that kind, or unknown.
func massOfOne(key string) (int64, bool) { return ofOne(key, units.Mass, nanogramsPerG) }

func volumeOfOne(key string) (int64, bool) { return ofOne(key, units.Volume, picolitresPerMl) }

func ofOne(key string, kind units.Kind, smallest int64) (int64, bool) {
	u, ok := units.Keyed(key)
	if !ok || u.Kind != kind {
		return 0, false
	}
	return mulDiv(u.Num, smallest, u.Den), true
}

// The smallest masses and volumes that are counted with.
const (
	nanogramsPerG   = 1_000_000_000
	picolitresPerMl = 1_000_000_000
)

// namedUnit gives the key of a unit of mass or volume that is known by its name alone.
func namedUnit(name string) (string, bool) {
	u, ok := units.Named(name)
	return u.Key, ok && u.Kind != units.Count
}

// mulDiv returns a*b/c, rounded to nearest, for a, b >= 0 and c > 0. It saturates, so that
// an absurd amount stays absurd instead of wrapping around.
func mulDiv(a, b, c int64) int64 {
	const most = 1<<63 - 1
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c)/2, 0)
	hi += carry
	if hi >= uint64(c) {
		return most
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, most))
}
