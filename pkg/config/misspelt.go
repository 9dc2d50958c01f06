package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Misspelt names the variables of an environment, given as [os.Environ] does, that are no
// settings and nearly have the name of one.
func Misspelt(environ []string) []string {
	known := variables(reflect.TypeFor[Config]())
	var out []string
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if len(k) >= 8 && levenshtein.ComputeDistance(name, k) <= 2 {
				out = append(out, fmt.Sprintf("%s is no setting: did you mean %s?", name, k))
				break
			}
		}
	}
	return out
}

// variables are the names that the fields' tags give, and those of files with secrets.
func variables(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		if f.Type.Kind() == reflect.Struct {
			out = append(out, variables(f.Type)...)
		}
		if env := f.Tag.Get("env"); env != "" {
			out = append(out, env)
			if f.Type == reflect.TypeFor[seal.Secret]() {
				out = append(out, env+"_FILE")
			}
		}
	}
	return out
}
