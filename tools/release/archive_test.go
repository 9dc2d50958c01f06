//go:build release

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A release of this machine's platform holds a binary that runs, what it is owed, and a bill
// of materials in the form that CycloneDX asks for. A second one is the same.
func TestRelease(t *testing.T) {
	t.Parallel()
	c := commit{Version: "v1.2.3", Revision: "0123456789abcdef", Time: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	on := []string{runtime.GOOS + "/" + runtime.GOARCH}
	dir, again := filepath.Join(t.TempDir(), "dist"), filepath.Join(t.TempDir(), "dist")
	for _, d := range []string{dir, again} {
		if err := build(t.Context(), root, d, c, wanted{platforms: on}, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if err := build(t.Context(), root, dir, c, wanted{platforms: on}, io.Discard); err == nil {
		t.Error("a release was written over another one")
	}
	sha := read(t, filepath.Join(dir, "SHA256SUMS"))
	if other := read(t, filepath.Join(again, "SHA256SUMS")); !bytes.Equal(sha, other) {
		t.Errorf("two builds differ:\n%s\n%s", sha, other)
	}
	if n := bytes.Count(sha, []byte("\n")); n != 2 {
		t.Errorf("%d sums:\n%s", n, sha)
	}
	verify := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
	verify.Dir = dir
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("sha256sum --check: %v\n%s", err, out)
	}

	name := "mealplanner_v1.2.3_" + runtime.GOOS + "_" + runtime.GOARCH
	unpack(t, filepath.Join(dir, name+".tar.gz"), dir)
	for file := range files {
		if len(read(t, filepath.Join(dir, name, file))) == 0 {
			t.Errorf("%s is empty", file)
		}
	}
	program := filepath.Join(dir, name, "mealplanner")
	if out, err := exec.CommandContext(t.Context(), program, "version").Output(); err != nil || strings.TrimSpace(string(out)) != c.Version {
		t.Errorf("version: %q, %v", out, err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "licences", "--full").Output(); err != nil || !bytes.Equal(out, read(t, filepath.Join(dir, name, "THIRD-PARTY-LICENCES.txt"))) {
		t.Errorf("the binary's licences are not the archive's: %v", err)
	}
	bill := read(t, filepath.Join(dir, name+".cdx.json"))
	if err := validate(t, bill); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`"purl": "pkg:golang/github.com/jackc/pgx/v5@v5.`, `"expression": "Apache-2.0 AND BSD-3-Clause"`, `"name": "std"`, `"version": "v1.2.3"`, c.Revision,
	} {
		if !bytes.Contains(bill, []byte(want)) {
			t.Errorf("no %s in the bill", want)
		}
	}
	if bytes.Contains(bill, []byte("rapid")) {
		t.Error("a module of the tests is in the bill")
	}
}

func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, archive)))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
}
