//go:build compose

package compose

import (
	"archive/tar"
	"context"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImage builds the image as a release does, from the real Dockerfile, loads its archive
// and runs the program in it.
func TestImage(t *testing.T) {
	e := startEngine(t)
	e.standIn(t, base(t), func() (tree, []string) { return compiler(t) })
	const version = "v0.0.0-test"
	name, archive := "mealplanner:"+version, filepath.Join(t.TempDir(), "image.tar.gz")
	release := e.command(t.Context(), "go", "run", "./tools/release", "image", "-version", version, "-out", archive)
	release.Dir = "../../.."
	t.Cleanup(func() { _ = e.command(context.Background(), "docker", "image", "rm", name).Run() })
	output(t, release, nil)
	e.docker(t, nil, "image", "rm", name)
	e.docker(t, nil, "load", "--input", archive)
	e.labels(t, name)
	if out := e.docker(t, nil, "run", "--rm", "--network", "none", name, "version"); strings.TrimSpace(out) != version {
		t.Errorf("the program in the image prints the version %q", out)
	}
	id := strings.TrimSpace(e.docker(t, nil, "create", name))
	t.Cleanup(func() { _ = e.command(context.Background(), "docker", "rm", id).Run() })
	var files []string
	for r := tar.NewReader(strings.NewReader(e.docker(t, nil, "cp", id+":/licences", "-"))); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		if h.Typeflag == tar.TypeReg && h.Size > 0 {
			files = append(files, path.Base(h.Name))
		}
	}
	slices.Sort(files)
	if want := []string{"LICENSE", "NOTICE", "list.txt", "texts.txt"}; !slices.Equal(files, want) {
		t.Errorf("the image's licences are %q, want %q", files, want)
	}
}
