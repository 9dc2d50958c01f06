//go:build compose

package compose

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	servers "github.com/mealplanner/mealplanner/test/kit/stack"
)

// images puts a stand-in in the place of every image that the engine does not have: the
// same name, entry point, user and directories, around a binary that was built here from
// the same version's sources. PostgreSQL is the machine's. Loki is not built here: its
// stand-in holds the executable that the native stack takes, and loki is false where there
// is neither that nor the image.
func (e engine) images(t *testing.T) (loki bool) {
	t.Helper()
	for _, i := range []struct{ name, server, program, user, data string }{
		{"otel/opentelemetry-collector-contrib:0.161.0", "otelcol", "/otelcol-contrib", "10001:10001", ""},
		{"prom/prometheus:v3.16.0", "prometheus", "/bin/prometheus", "65534", "/prometheus"},
		{"prom/alertmanager:v0.34.2", "alertmanager", "/bin/alertmanager", "65534", "/alertmanager"},
		{"jaegertracing/jaeger:2.13.0", "jaeger", "/cmd/jaeger/jaeger-linux", "10001", ""},
		{"grafana/loki:3.7.8", servers.Loki, "/usr/bin/loki", "10001", "/loki"},
	} {
		binary := built(t, i.server)
		if i.server == servers.Loki {
			s, err := servers.New("../../..", t.TempDir(), servers.StandardPorts())
			must(t, err)
			if binary = s.Binary(servers.Loki); binary == "" {
				loki = e.has(t, i.name)
				continue
			}
			loki = true
		}
		e.standIn(t, i.name, func() (tree, []string) {
			files := tree{i.program[1:]: {data: read(t, binary), mode: 0o755}, "tmp": {dir: true, mode: 0o1777}}
			changes := []string{"USER " + i.user, `ENTRYPOINT ["` + i.program + `"]`}
			if i.data != "" {
				owner, err := strconv.Atoi(i.user)
				must(t, err)
				files[i.data[1:]] = entry{dir: true, mode: 0o755, owner: owner}
				changes = append(changes, "VOLUME "+i.data)
			}
			return files, changes
		})
	}
	e.standIn(t, postgresImage(t), func() (tree, []string) { return postgres(t) })
	e.standIn(t, base(t), func() (tree, []string) { return compiler(t) })
	return loki
}

// mark is the label of a stand-in.
const mark = "org.mealplanner.stand-in"

// has reports whether the engine has an image that is no stand-in.
func (e engine) has(t *testing.T, name string) bool {
	t.Helper()
	label, err := e.command(t.Context(), "docker", "image", "inspect", "--format", `{{index .Config.Labels "`+mark+`"}}`, name).Output()
	return err == nil && strings.TrimSpace(string(label)) == ""
}

// standIn makes an image, unless the engine has the real one.
func (e engine) standIn(t *testing.T, name string, content func() (files tree, changes []string)) {
	t.Helper()
	if e.has(t, name) {
		t.Logf("%s: the image that is here", name)
		return
	}
	files, changes := content()
	args := []string{"import", "--change", "LABEL " + mark + "=1"}
	for _, c := range changes {
		args = append(args, "--change", c)
	}
	e.docker(t, files.tar(t), append(args, "-", name)...)
	t.Cleanup(func() { _ = e.command(context.Background(), "docker", "image", "rm", name).Run() })
}

// compiler is the Go of this machine under the name that the Dockerfile begins with, and
// the modules of go.mod as a proxy in it: an engine without a network builds the real
// Dockerfile from what a clone holds.
func compiler(t *testing.T) (tree, []string) {
	t.Helper()
	goEnv := func(name string) string {
		return strings.TrimSpace(output(t, exec.CommandContext(t.Context(), "go", "env", name), nil))
	}
	root := goEnv("GOROOT")
	files := tree{
		"etc/ssl/certs/ca-certificates.crt": {data: []byte("not used here")},
		"go":                                {dir: true, mode: 0o777},
		"tmp":                               {dir: true, mode: 0o1777},
		"lib":                               {link: "usr/lib"},
		"lib64":                             {link: "usr/lib64"},
		"bin":                               {link: "usr/bin"},
	}
	for _, dir := range []string{"bin", "src", "pkg/include", "pkg/tool"} {
		if _, err := os.Stat(filepath.Join(root, dir)); err == nil {
			files.addAt(t, filepath.Join(root, dir), "usr/local/go/"+dir)
		}
	}
	for _, f := range []string{"go.env", "VERSION"} {
		files["usr/local/go/"+f] = entry{data: read(t, filepath.Join(root, f))}
	}
	for name, p := range map[string]string{"sh": "/usr/bin/dash", "mkdir": "/usr/bin/mkdir"} {
		files["usr/bin/"+name] = entry{data: read(t, p), mode: 0o755}
		for _, lib := range libraries(t, p) {
			files[lib[1:]] = entry{data: read(t, lib), mode: 0o755}
		}
	}
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json")
	download.Dir = "../../.."
	modules := json.NewDecoder(strings.NewReader(output(t, download, nil)))
	cache := filepath.Join(goEnv("GOMODCACHE"), "cache/download")
	for modules.More() {
		var m struct{ Zip string }
		must(t, modules.Decode(&m))
		rel, err := filepath.Rel(cache, m.Zip)
		must(t, err)
		files["modules/"+rel] = entry{data: read(t, m.Zip)}
	}
	// The whole graph of requirements is read, and only what is needed of it downloaded.
	must(t, filepath.WalkDir(cache, func(p string, _ fs.DirEntry, err error) error {
		if ext := filepath.Ext(p); err == nil && (ext == ".mod" || ext == ".info") {
			files["modules"+strings.TrimPrefix(p, cache)] = entry{data: read(t, p)}
		}
		return err
	}))
	return files, []string{
		"ENV PATH=/usr/local/go/bin:/usr/bin", "ENV GOPATH=/go", "ENV GOTOOLCHAIN=local", "ENV GOFLAGS=-buildvcs=false",
		"ENV GOPROXY=file:///modules", "ENV GOSUMDB=off", "WORKDIR /go",
	}
}

// base is the image that the Dockerfile compiles in.
func base(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^FROM (golang:\S+) AS build$`).FindSubmatch(read(t, "../../../Dockerfile"))
	if m == nil {
		t.Fatal("the Dockerfile does not compile in an image of golang")
	}
	return string(m[1])
}

// postgresImage is the image that compose.yaml starts.
func postgresImage(t *testing.T) string {
	t.Helper()
	return services(t)["postgres"].Image
}

// product is the name of the image that compose.yaml builds here.
const product = "mealplanner-compose-test"

// postgres is the machine's PostgreSQL with the libraries and commands it needs.
func postgres(t *testing.T) (tree, []string) {
	t.Helper()
	bin, err := pglocal.Find()
	must(t, err)
	version := filepath.Base(filepath.Dir(bin))
	files := tree{
		"etc/passwd":                         {data: []byte("root:x:0:0::/:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n")},
		"etc/group":                          {data: []byte("root:x:0:\npostgres:x:999:\n")},
		"usr/local/bin/docker-entrypoint.sh": {data: read(t, "postgres-entrypoint.sh"), mode: 0o755},
		"var/lib/postgresql/data":            {dir: true, mode: 0o1777, owner: 999},
		"docker-entrypoint-initdb.d":         {dir: true, mode: 0o755},
		"tmp":                                {dir: true, mode: 0o1777},
		"bin":                                {link: "usr/bin"},
		"lib":                                {link: "usr/lib"},
		"lib64":                              {link: "usr/lib64"},
	}
	for _, dir := range []string{bin, filepath.Join(filepath.Dir(bin), "lib"), "/usr/share/postgresql/" + version, "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"} {
		files.add(t, dir)
	}
	programs := []string{"/usr/bin/bash", "/usr/bin/dash", "/usr/bin/cat", "/usr/bin/chmod", "/usr/bin/mv"}
	for path, f := range files {
		if strings.HasPrefix("/"+path, bin) && !f.dir {
			programs = append(programs, "/"+path)
		}
	}
	for _, p := range programs {
		files[p[1:]] = entry{data: read(t, p), mode: 0o755}
		for _, lib := range libraries(t, p) {
			files[lib[1:]] = entry{data: read(t, lib), mode: 0o755}
		}
	}
	files["usr/bin/sh"] = files["usr/bin/dash"]
	return files, []string{
		"ENV PATH=" + bin + ":/usr/local/bin:/usr/bin", "ENV PGDATA=/var/lib/postgresql/data", "ENV LANG=C.UTF-8",
		"VOLUME /var/lib/postgresql/data", `ENTRYPOINT ["docker-entrypoint.sh"]`, `CMD ["postgres"]`,
	}
}

var library = regexp.MustCompile(`(/\S+) \(0x`)

// libraries are what the dynamic linker loads for a program, under the names it asks for.
func libraries(t *testing.T, program string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ldd", program).Output()
	if err != nil {
		return nil // a script
	}
	var libs []string
	for _, m := range library.FindAllStringSubmatch(string(out), -1) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(m[1]))
		must(t, err)
		libs = append(libs, filepath.Join(dir, filepath.Base(m[1])))
	}
	return libs
}

// tree is the files of an image, by path without the leading slash.
type tree map[string]entry

type entry struct {
	data  []byte
	mode  int64 // 0 = 0o644
	owner int
	dir   bool
	link  string
}

// add copies the files of a directory of this machine to the same place, links as what
// they point to. Code to be optimised at run time stays out: it is half of PostgreSQL.
func (f tree) add(t *testing.T, dir string) {
	t.Helper()
	f.addAt(t, dir, dir[1:])
}

func (f tree) addAt(t *testing.T, dir, to string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == "bitcode" {
			return fs.SkipDir
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			f[to+strings.TrimPrefix(path, dir)] = entry{data: read(t, path), mode: int64(info.Mode().Perm())}
		}
		return nil
	}))
}

func (f tree) tar(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, path := range slices.Sorted(maps.Keys(f)) {
		e := f[path]
		h := &tar.Header{Name: path, Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(e.data)), Typeflag: tar.TypeReg}
		switch {
		case e.dir:
			h.Name, h.Typeflag = path+"/", tar.TypeDir
		case e.link != "":
			h.Linkname, h.Typeflag, h.Mode = e.link, tar.TypeSymlink, 0o777
		case e.mode == 0:
			h.Mode = 0o644
		}
		must(t, w.WriteHeader(h))
		_, err := w.Write(e.data)
		must(t, err)
	}
	must(t, w.Close())
	return &b
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}
