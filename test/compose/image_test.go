//go:build compose

package compose

import (
	"strings"
	"testing"
)

// TestImage builds the image as `docker compose up` does in a clone, from the real
// Dockerfile, and runs the program in it.
func TestImage(t *testing.T) {
	e := startEngine(t)
	e.standIn(t, base(t), func() (tree, []string) { return compiler(t) })
	s := stack{engine: e, program: built(t, "docker-compose"), project: "mealplanner-image-test", ports: map[string]string{}}
	s.build(t)
	if out := s.docker(t, nil, "run", "--rm", "--network", "none", product, "version"); strings.TrimSpace(out) == "" {
		t.Error("the program in the image prints no version")
	}
}
