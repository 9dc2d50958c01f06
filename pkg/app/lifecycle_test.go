package app

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestStackUnwindsInReverseOnceAndPastErrors(t *testing.T) {
	t.Parallel()
	var (
		s    stack
		got  []string
		boom = errors.New("boom")
	)
	for _, name := range []string{"telemetry", "database", "server"} {
		s.push(name, func(context.Context) error {
			got = append(got, name)
			if name == "server" {
				return boom
			}
			return nil
		})
	}
	if err := s.unwind(t.Context()); !errors.Is(err, boom) || err.Error() != "stop server: boom" {
		t.Errorf("got %v", err)
	}
	if err := s.unwind(t.Context()); err != nil {
		t.Errorf("a second stop: %v", err)
	}
	if want := []string{"server", "database", "telemetry"}; !slices.Equal(got, want) {
		t.Errorf("stopped %v, want %v", got, want)
	}
}
