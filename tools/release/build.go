package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commit is what is released.
type commit struct {
	Version, Revision string
	Time              time.Time // of every file in an archive
}

var semver = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// head describes the commit that is checked out at root. Without a version it must have a
// tag that is one, and nothing may be changed beside it.
func head(ctx context.Context, root, version string) (commit, error) {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = root
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
		}
		return strings.TrimSpace(string(out)), nil
	}
	if version == "" {
		tags, err := git("tag", "--points-at", "HEAD")
		if err != nil {
			return commit{}, err
		}
		at := slices.IndexFunc(strings.Fields(tags), semver.MatchString)
		if at < 0 {
			return commit{}, errors.New("this commit has no tag of the form v1.2.3: tag it, or give a version (make release VERSION=v0.0.0-trial)")
		}
		version = strings.Fields(tags)[at]
		if changed, err := git("status", "--porcelain"); err != nil {
			return commit{}, err
		} else if changed != "" {
			return commit{}, fmt.Errorf("the tree is not what the tag %s says: commit or stash\n%s", version, changed)
		}
	}
	if !semver.MatchString(version) {
		return commit{}, fmt.Errorf("version %q: want the form v1.2.3 or v1.2.3-rc.1", version)
	}
	said, err := git("log", "-1", "--format=%H %ct")
	if err != nil {
		return commit{}, err
	}
	revision, seconds, _ := strings.Cut(said, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return commit{}, err
	}
	return commit{version, revision, time.Unix(unix, 0).UTC()}, nil
}

// files are those beside the binary in an archive, by their name there.
var files = map[string]string{
	"README.md":                   "README.md",
	"CHANGELOG.md":                "CHANGELOG.md",
	"LICENSE":                     "LICENSE",
	"NOTICE":                      "NOTICE",
	"env.example":                 ".env.example",
	"roles.sql":                   "postgres/roles.sql",
	"completion/mealplanner.bash": "cmd/mealplanner/completion/bash",
	"completion/mealplanner.fish": "cmd/mealplanner/completion/fish",
	"completion/_mealplanner":     "cmd/mealplanner/completion/zsh",
	"mealplanner.service":         "docs/systemd/mealplanner.service",
	"mealplanner@.service":        "docs/systemd/mealplanner@.service",
	"mealplanner-backup.service":  "docs/systemd/mealplanner-backup.service",
	"mealplanner-backup.timer":    "docs/systemd/mealplanner-backup.timer",
}

// wanted is what a release has: binaries for platforms, and the image's archive.
type wanted struct {
	platforms []string
	image     bool
}

// build writes a release of the module at root into dir, which must not exist.
func build(ctx context.Context, root, dir string, c commit, w wanted, log io.Writer) (err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("%w: a release is written into a new directory", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	all, err := linked(root)
	if err != nil {
		return err
	}
	common := map[string][]byte{}
	for name, source := range files {
		if common[name], err = os.ReadFile(filepath.Join(root, source)); err != nil {
			return err
		}
	}
	list, texts, err := notices(root)
	if err != nil {
		return err
	}
	common["THIRD-PARTY-LICENCES.txt"] = []byte(list + "\n" + texts)
	for _, platform := range w.platforms {
		begin := time.Now()
		name := "mealplanner_" + c.Version + "_" + strings.ReplaceAll(platform, "/", "_")
		binary, err := compile(ctx, root, platform, c.Version)
		if err != nil {
			return err
		}
		info, err := buildinfo.Read(bytes.NewReader(binary))
		if err != nil {
			return err
		}
		sbom, err := billOfMaterials(info, all, c, binary)
		if err != nil {
			return err
		}
		content := maps.Clone(common)
		content["mealplanner"] = binary
		archive, err := pack(name, content, c.Time)
		if err != nil {
			return err
		}
		for file, b := range map[string][]byte{name + ".tar.gz": archive, name + ".cdx.json": sbom} {
			if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
				return err
			}
		}
		fmt.Fprintf(log, "%s.tar.gz: %.1f MB, %s\n", name, float64(len(archive))/1e6, time.Since(begin).Round(time.Second))
	}
	if w.image {
		if err := exec.CommandContext(ctx, "docker", "version").Run(); err != nil {
			fmt.Fprintln(log, "left out: the image's archive, because no Docker engine answers (docker version)")
		} else if err := buildImage(ctx, root, filepath.Join(dir, "mealplanner_"+c.Version+"_image.tar.gz"), c); err != nil {
			return err
		}
	}
	return sums(dir)
}

// compile builds the binary of a platform ("linux/amd64").
func compile(ctx context.Context, root, platform, version string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "mealplanner")
	goos, arch, _ := strings.Cut(platform, "/")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+version, "-o", out, "./cmd/mealplanner")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-mod=readonly", "GOEXPERIMENT=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build for %s: %w\n%s", platform, err, said)
	}
	return os.ReadFile(out)
}

// pack makes a tar.gz of the files below one directory. Its bytes depend on nothing else.
func pack(dir string, content map[string][]byte, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		mode := int64(0o644)
		if name == "mealplanner" {
			mode = 0o755
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: dir + "/" + name, Mode: mode, Size: int64(len(content[name])), ModTime: at, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(content[name]); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// sums writes SHA256SUMS, which `sha256sum -c` reads, of what is in dir.
func sums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", h.Sum(nil), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// buildImage builds the image from the Dockerfile and writes what `docker load` reads.
func buildImage(ctx context.Context, root, file string, c commit) (err error) {
	tag := "mealplanner:" + c.Version
	cmd := exec.CommandContext(ctx, "docker", "build", "--quiet", "--build-arg", "VERSION="+c.Version, "--build-arg", "REVISION="+c.Revision, "--tag", tag, ".")
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker build: %w\n%s", err, said)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := gzip.NewWriter(f)
	var stderr strings.Builder
	cmd = exec.CommandContext(ctx, "docker", "save", tag)
	cmd.Stdout, cmd.Stderr = z, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("docker save: %w\n%s", err, stderr.String())
	}
	return z.Close()
}

// check builds the commit twice, in clones at two places, the second time with no package
// compiled before, and compares every byte.
func check(ctx context.Context, c commit, log io.Writer) error {
	dir, err := os.MkdirTemp("", "release-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var said [2][]byte
	for i, clone := range []string{"first", "another/place/second"} {
		root := filepath.Join(dir, clone)
		if out, err := exec.CommandContext(ctx, "git", "clone", "--quiet", "--no-hardlinks", ".", root).CombinedOutput(); err != nil {
			return fmt.Errorf("git clone: %w\n%s", err, out)
		}
		if i == 1 {
			if err := os.Setenv("GOCACHE", filepath.Join(dir, "cache")); err != nil {
				return err
			}
		}
		dist := filepath.Join(dir, "dist"+strconv.Itoa(i))
		if err := build(ctx, root, dist, c, wanted{platforms: platforms}, log); err != nil {
			return err
		}
		if said[i], err = os.ReadFile(filepath.Join(dist, "SHA256SUMS")); err != nil {
			return err
		}
	}
	if !bytes.Equal(said[0], said[1]) {
		return fmt.Errorf("two builds of %s differ:\n%s\n%s", c.Revision, said[0], said[1])
	}
	_, err = fmt.Fprintf(log, "two builds of %s are equal, byte for byte:\n%s", c.Revision, said[0])
	return err
}
