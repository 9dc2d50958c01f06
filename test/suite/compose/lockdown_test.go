//go:build compose

package compose

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func (s stack) lockedDown(t *testing.T) {
	t.Helper()
	once := []string{"secrets", "roles", "migrate", "demo", "telemetry"}
	containers, _ := s.containers(t)
	want := 14
	if !s.loki {
		want--
	}
	if len(containers) < want {
		t.Errorf("%d containers only", len(containers))
	}
	for _, c := range containers {
		service := c.Config.Labels["com.docker.compose.service"]
		if !c.HostConfig.ReadonlyRootfs || c.HostConfig.Privileged || !slices.Equal(c.HostConfig.CapDrop, []string{"ALL"}) ||
			!slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: %+v", service, c.HostConfig)
		}
		for port, bindings := range c.NetworkSettings.Ports {
			for _, b := range bindings {
				if b.HostIP != "127.0.0.1" {
					t.Errorf("%s: %s is published on %s", service, port, b.HostIP)
				}
			}
		}
		if slices.Contains(once, service) {
			if c.State.Status != "exited" || c.State.ExitCode != 0 {
				t.Errorf("%s: %+v", service, c.State)
			}
			continue
		}
		if c.State.Status != "running" || c.State.Health != nil && c.State.Health.Status != "healthy" {
			t.Errorf("%s: %+v", service, c.State)
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.State.Pid))
		if err != nil {
			t.Logf("%s: the process is out of sight: %v", service, err) // the engine is on another machine
		} else if regexp.MustCompile(`(?m)^Uid:.*\b0\b|^Cap(Prm|Eff|Bnd):.*[1-9a-f]`).Match(status) {
			t.Errorf("%s runs as root or with capabilities:\n%s", service, status)
		}
	}
}

// roles tries what the database's roles may and may not do.
func (s stack) roles(t *testing.T) {
	t.Helper()
	if got := s.psql(t, "grafana", "select count(*) from pg_stat_statements where query <> '<insufficient privilege>' and userid <> (select oid from pg_roles where rolname = current_user)"); got != "0" {
		t.Errorf("grafana reads %s statements of others", got)
	}
	if got := s.psql(t, "postgres", "select count(*) from pg_stat_statements where query ~* 'password|create role'"); got != "0" {
		t.Errorf("%s statements with a password are kept", got)
	}
	for role, statement := range map[string]string{
		"grafana":                "create temporary table x (i int)",
		"meal_planner":           "create role x",
		"meal_planner_api":       "drop table users",
		"meal_planner_scheduler": "create table x (i int)",
	} {
		if out, err := s.psqlCommand(t, role, statement).CombinedOutput(); err == nil {
			t.Errorf("%s may %s: %s", role, statement, out)
		}
	}
	for role, service := range map[string]string{"meal_planner_api": "api", "meal_planner_scheduler": "scheduler"} {
		if n := s.psql(t, "postgres", "select count(*) > 0 from pg_stat_activity where usename = '"+role+"' and application_name like 'mealplanner%'"); n != "t" {
			t.Errorf("the %s does not work as %s", service, role)
		}
	}
	if out, err := s.psqlCommand(t, "grafana", "select count(*) from users").CombinedOutput(); err == nil {
		t.Errorf("grafana reads the users: %s", out)
	}
}

// secrets reads the secrets' volumes.
func (s stack) secrets(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for v := range strings.FieldsSeq(s.docker(t, nil, "volume", "ls", "--quiet", "--filter", "label=com.docker.compose.project="+s.project)) {
		_, kind, ok := strings.Cut(v, "_secrets-")
		if !ok {
			continue
		}
		dir := strings.TrimSpace(s.docker(t, nil, "volume", "inspect", "--format", "{{.Mountpoint}}", v))
		files, err := os.ReadDir(dir)
		must(t, err)
		for _, f := range files {
			info, err := f.Info()
			must(t, err)
			if info.Mode() != 0o440 {
				t.Errorf("%s/%s has mode %s", kind, f.Name(), info.Mode())
			}
			out[kind+"/"+f.Name()] = string(read(t, filepath.Join(dir, f.Name())))
		}
	}
	if len(out) < 26 {
		t.Errorf("%d secrets only", len(out))
	}
	return out
}

// unseen looks for the secrets where everybody may look.
func (s stack) unseen(t *testing.T, secrets map[string]string) {
	t.Helper()
	_, inspected := s.containers(t)
	for place, text := range map[string]string{
		"docker inspect": inspected,
		"the settings":   output(t, s.compose(t.Context(), "--profile", "tandoor", "config"), nil),
		"the logs":       output(t, s.compose(t.Context(), "logs", "--no-color"), nil),
	} {
		for name, secret := range secrets {
			// Of an address, the last part is what nobody may see.
			secret = secret[strings.LastIndex(secret, "/")+1:]
			if want := length(name); len(secret) != want || strings.Contains(text, secret) {
				t.Errorf("%s is no secret of %d characters, or is seen in %s", name, want, place)
			}
		}
	}
}

// length is how many random characters a secret has, by the name of its file.
func length(name string) int {
	switch file := path.Base(name); {
	case strings.HasPrefix(file, "pagerduty_"):
		return 32
	case file == "slack_url":
		return 24
	default:
		return 64
	}
}
