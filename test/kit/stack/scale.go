//go:build linux

package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Programs besides the servers.
const promrules = "promrules"

// prometheusPace and alertmanagerPace are what a drill's servers wait for, in place of
// what ships.
var (
	prometheusPace = [][2]string{
		{"scrape_interval: 15s", "scrape_interval: 1s"},
		{"evaluation_interval: 15s", "evaluation_interval: 1s"},
		{"rule_query_offset: 30s", "rule_query_offset: 0s"},
	}
	alertmanagerPace = [][2]string{
		{"group_wait: 10s", "group_wait: 1s"},
		{"group_interval: 1m", "group_interval: 2s"},
		{"group_interval: 30s", "group_interval: 1s"},
		{"group_interval: 15s", "group_interval: 500ms"},
		{"repeat_interval: 50s", "repeat_interval: 2s"},
	}
)

// Hasten makes the prepared stack that of a drill: its rules are the shipping ones with
// every duration divided by the factors of a table (test/suite/drill/scale.yml), its servers do
// every second what takes them a quarter of a minute. It comes after [Stack.Prepare] and
// [Stack.SetReceivers], before the first start.
func (s *Stack) Hasten(ctx context.Context, table string) error {
	conf := filepath.Join(s.dir, "conf", Prometheus)
	rules := filepath.Join(conf, "rules")
	shipping, err := filepath.Glob(s.file("prometheus", "rules", "*.yml"))
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(rules), os.MkdirAll(rules, 0o755)); err != nil {
		return err
	}
	args := append([]string{"scale", "-table", table, "-out", rules}, shipping...)
	if out, err := exec.CommandContext(ctx, s.Binary(promrules), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("promrules scale: %w\n%s", err, out)
	}
	s.hasty = true
	return errors.Join(
		replaceIn(filepath.Join(conf, "prometheus.yml"), prometheusPace),
		replaceIn(s.AlertmanagerConfig(), alertmanagerPace),
	)
}

func replaceIn(path string, pace [][2]string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(b)
	for _, p := range pace {
		if !strings.Contains(text, p[0]) {
			return fmt.Errorf("%s does not say %q", path, p[0])
		}
		text = strings.ReplaceAll(text, p[0], p[1])
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
