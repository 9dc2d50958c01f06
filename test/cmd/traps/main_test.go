package main

import (
	"slices"
	"strings"
	"testing"
)

const doc = "# Traps\n\n| trap | what we do | test |\n| --- | --- | --- |\n| a | b | `tandoor.TestX/one two` |\n| c | d | `tandoor.TestY`, `fatsecret.TestZ` |\n| e | f | no test: cannot happen |\n"

const events = `{"Action":"run","Package":"m/pkg/tandoor","Test":"TestX/one_two"}
{"Action":"pass","Package":"m/pkg/tandoor","Test":"TestX/one_two"}
{"Action":"fail","Package":"m/pkg/tandoor","Test":"TestY"}
{"Action":"pass","Package":"m/pkg/tandoor"}
`

func TestTable(t *testing.T) {
	t.Parallel()
	named, err := tests(doc)
	if err != nil || !slices.Equal(named, []string{"tandoor.TestX/one two", "tandoor.TestY", "fatsecret.TestZ"}) {
		t.Fatalf("tests = %v, %v", named, err)
	}
	outcome, err := outcomes(strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"tandoor.TestY: fail", "fatsecret.TestZ: no such test"}
	if got := missing(named, outcome); !slices.Equal(got, want) {
		t.Errorf("missing = %v; want %v", got, want)
	}
}

func TestTableErrors(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "| a | b |\n", "| a | b | c |\n"} {
		if got, err := tests(bad); err == nil {
			t.Errorf("tests(%q) = %v; want an error", bad, got)
		}
	}
	if _, err := outcomes(strings.NewReader("not json\n")); err == nil {
		t.Error("outcomes read what is not JSON")
	}
}
