package generate

// splitMix is the SplitMix64 generator (Steele, Lea and Flood, 2014): the same seed gives
// the same sequence on every machine and in every release.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func shuffle[T any](s *splitMix, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := int(s.next() % uint64(i+1))
		list[i], list[j] = list[j], list[i]
	}
}
