package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema finds what is wrong, so that its silence says something.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{}`,
		`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"x"}]}`,
		`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","licenses":[{"license":{"id":"MIT or so"}}]}]}`,
	} {
		if validate(t, []byte(bad)) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// validate holds a bill of materials against CycloneDX's own schema.
func validate(t *testing.T, bill []byte) error {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	for _, f := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schemax.json"} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, filepath.Join(strings.TrimSpace(string(out)), "schema", f))))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(doc.(map[string]any)["$id"].(string), doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(bill, &v); err != nil {
		return err
	}
	return schema.Validate(v)
}

// What is released is a tag, and nothing besides.
func TestHead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE=2026-11-28T12:00:00Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	refused := func(version, want string) {
		t.Helper()
		if c, err := head(t.Context(), dir, version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", c, err, want)
		}
	}
	git("init", "-q")
	write(t, dir, "a", "a")
	git("add", "a")
	git("commit", "-q", "-m", "a")
	refused("", "has no tag of the form v1.2.3")
	refused("1.2.3", "want the form v1.2.3")
	refused("v1.2.3; rm -rf /", "want the form v1.2.3")
	if c, err := head(t.Context(), dir, "v0.0.0-trial"); err != nil || c.Version != "v0.0.0-trial" {
		t.Errorf("%+v, %v", c, err)
	}
	git("tag", "stable")
	git("tag", "v1.2.3")
	c, err := head(t.Context(), dir, "")
	if err != nil || c.Version != "v1.2.3" || len(c.Revision) != 40 || !c.Time.Equal(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", c, err)
	}
	write(t, dir, "b", "not committed")
	refused("", "the tree is not what the tag v1.2.3 says")
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
