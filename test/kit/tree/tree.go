// Package tree finds the project's own files, from whatever folder a test runs in.
package tree

import (
	"os"
	"path/filepath"
)

// Root returns the project's root: the nearest folder above the working directory that has a
// go.mod. It panics where there is none.
func Root() string {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	panic("no go.mod above the working directory")
}
