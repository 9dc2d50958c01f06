package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func TestAnEarlyEnterIsNoAnswer(t *testing.T) {
	in, press := io.Pipe()
	asks, out := io.Pipe()
	k := newKeyboard(&streams{in: in, out: out})
	if _, err := io.WriteString(press, "\n\n"); err != nil {
		t.Fatal(err)
	}
	for len(k.lines) < 2 {
		time.Sleep(time.Millisecond)
	}
	answered := make(chan error)
	go func() { answered <- k.enter(t.Context(), "stop jaeger") }()
	asked := make([]byte, 100)
	if n, err := asks.Read(asked); err != nil || string(asked[:n]) != "stop jaeger\n" {
		t.Fatalf("%q, %v", asked[:n], err)
	}
	select {
	case err := <-answered:
		t.Fatalf("answered before it was asked: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := io.WriteString(press, "\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	go func() { _, _ = io.Copy(io.Discard, asks) }()
	_ = press.Close()
	if err := (person{k}).Stop(t.Context(), "jaeger"); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "give --stop") {
		t.Errorf("with nobody there: %v", err)
	}
	_ = out.Close()
}

func TestCommandsOfADrill(t *testing.T) {
	for name, tc := range map[string]struct{ stop, want string }{
		"without a place for the name": {"docker compose stop", "--stop"},
		"more than a command":          {"docker stop {} | cat", "--stop"},
		"nothing":                      {" ", "--stop"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newShell(&drillCmd{Stop: tc.stop, Start: "true {}", Freeze: "true {}", Thaw: "true {}"})
			if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v", err)
			}
		})
	}
	s, err := newShell(&drillCmd{Stop: "test '{} is' = 'jaeger is'", Start: "true {}", Freeze: "true {}", Thaw: "true {}"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context(), "jaeger"); err != nil {
		t.Error(err)
	}
}
