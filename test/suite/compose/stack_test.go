//go:build compose

package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// stack is the started compose.yaml.
type stack struct {
	engine
	program string // docker-compose
	loki    bool   // whether there is one
	files   []string
	project string
	ports   map[string]string // variable of compose.yaml -> port on loopback, or another value
}

func (s stack) compose(ctx context.Context, args ...string) *exec.Cmd {
	var files []string
	for _, f := range s.files {
		files = append(files, "--file", f)
	}
	files = append(files, "--env-file", os.DevNull, "--project-name", s.project, "--progress", "plain")
	cmd := s.command(ctx, s.program, append(files, args...)...)
	cmd.Env = append(cmd.Env, "MEALPLANNER_IMAGE="+product)
	for v, port := range s.ports {
		cmd.Env = append(cmd.Env, v+"="+port)
	}
	return cmd
}

// query is the value of an instant query with one result.
func (s stack) query(t *testing.T, q string) string {
	t.Helper()
	var body struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	_ = json.Unmarshal([]byte(s.get(t, "PROMETHEUS_PORT", "/api/v1/query?query="+url.QueryEscape(q))), &body)
	if len(body.Data.Result) != 1 {
		return fmt.Sprintf("%d results", len(body.Data.Result))
	}
	return fmt.Sprint(body.Data.Result[0].Value[1])
}

// container is what `docker inspect` says.
type container struct {
	Name   string
	Config struct{ Labels map[string]string }
	State  struct {
		Status   string
		ExitCode int
		Pid      int
		Health   *struct{ Status string }
	}
	HostConfig struct {
		ReadonlyRootfs, Privileged bool
		CapDrop, SecurityOpt       []string
	}
	NetworkSettings struct {
		Ports map[string][]struct{ HostIP string }
	}
}

func (s stack) containers(t *testing.T) (out []container, raw string) {
	t.Helper()
	ids := strings.Fields(s.docker(t, nil, "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project="+s.project))
	raw = s.docker(t, nil, append([]string{"inspect"}, ids...)...)
	must(t, json.Unmarshal([]byte(raw), &out))
	return out, raw
}

func (s stack) psqlCommand(t *testing.T, role, statement string) *exec.Cmd {
	t.Helper()
	return s.compose(t.Context(), "exec", "-T", "postgres", "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username", role, "--dbname", "meal_planner", "--command", statement)
}

func (s stack) psql(t *testing.T, role, statement string) string {
	t.Helper()
	return strings.TrimSpace(output(t, s.psqlCommand(t, role, statement), nil))
}

// get fetches a page of a published port; "" when it is not there (yet).
func (s stack) get(t *testing.T, port, path string) string {
	t.Helper()
	resp, err := http.Get("http://127.0.0.1:" + s.ports[port] + path)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(body)
}

// eventually fails when something is not so within a minute: traces wait for the sampling
// decision, metrics for the next export.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for begin := time.Now(); !so(); time.Sleep(500 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Errorf("not within a minute: %s", what)
			return
		}
	}
}
