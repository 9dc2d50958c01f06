package content

import (
	"strings"
	"sync"
)

// memory keeps what texts name: each generation asks for all texts of the library again.
type memory[S Set] struct {
	set func(text string) S

	mu    sync.RWMutex
	known map[string]S
	bytes int
}

// mostKept bounds the bytes of the texts kept; beyond it, all are read anew.
const mostKept = 2 << 20

func newMemory[S Set](set func(text string) S) *memory[S] {
	return &memory[S]{set: set, known: map[string]S{}}
}

func (m *memory[S]) of(text string) S {
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
