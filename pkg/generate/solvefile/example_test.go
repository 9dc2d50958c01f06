package solvefile_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
)

// A field that is missing is an error with its path, and exit status 2.
func ExampleRun() {
	exit, err := solvefile.Run(strings.NewReader(`{"week_of": "2026-12-01"}`), os.Stdout, 1)
	fmt.Println(exit, err)
	// Output:
	// 2 seed: missing
}
