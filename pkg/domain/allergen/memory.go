package allergen

import (
	"strings"
	"sync"
)

// memory keeps what texts name: each generation asks for all texts of the library again.
type memory struct {
	set func(text string) Set

	mu    sync.RWMutex
	known map[string]Set
	bytes int
}

// mostKept bounds the bytes of the texts kept; beyond it, all are read anew.
const mostKept = 2 << 20

func newMemory(set func(text string) Set) *memory {
	return &memory{set: set, known: map[string]Set{}}
}

func (m *memory) of(text string) Set {
	m.mu.RLock()
	s, ok := m.known[text]
	m.mu.RUnlock()
	if ok {
		return s
	}
	s = m.set(text)
	if len(text) > mostKept/16 {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes += len(text); m.bytes > mostKept {
		clear(m.known)
		m.bytes = len(text)
	}
	m.known[strings.Clone(text)] = s
	return s
}
