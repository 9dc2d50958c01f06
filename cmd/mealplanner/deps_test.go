package main

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestOwnersPackages: the packages the product is built on are in the binary.
func TestOwnersPackages(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	have := strings.Fields(string(out))
	for _, want := range []string{
		"go.opentelemetry.io/otel",
		"go.opentelemetry.io/otel/sdk/metric",
		"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc",
		"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
		"github.com/jackc/pgx/v5",
		"github.com/exaring/otelpgx",
	} {
		if !slices.Contains(have, want) {
			t.Errorf("%s is not in the binary", want)
		}
	}
	for _, unwanted := range []string{"testing", "net/http/httptest", "pgregory.net/rapid", "github.com/rogpeppe/go-internal/testscript"} {
		if slices.Contains(have, unwanted) {
			t.Errorf("%s is in the binary", unwanted)
		}
	}
}

// TestMainIsShort keeps main.go a place where nothing is decided.
func TestMainIsShort(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(src, []byte("\n")); n > 60 {
		t.Errorf("main.go has %d lines, want 60 at most", n)
	}
}
