package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// stack is the teardown: named steps that run in reverse order, each once. A failing step
// does not stop the others.
type stack struct {
	mu    sync.Mutex
	steps []step
}

type step struct {
	name string
	stop func(context.Context) error
}

func (s *stack) push(name string, stop func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, step{name, stop})
}

func (s *stack) unwind(ctx context.Context) error {
	s.mu.Lock()
	steps := s.steps
	s.steps = nil
	s.mu.Unlock()
	var errs []error
	for _, st := range slices.Backward(steps) {
		if err := st.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", st.name, err))
		}
	}
	return errors.Join(errs...)
}
