//go:build linux

package stack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Receivers are who gets Alertmanager's notifications, in place of compose.yaml's services.
type Receivers struct {
	PagerDutyURL string            // where events go
	RoutingKeys  map[string]string // of oncall, lead and incident; what is missing is made up
	SlackURL     string            // the whole webhook; "" = made up, at the sandbox's usual port
	API          string            // base address of the api
	Token        string            // which the api wants of Alertmanager; "" = made up
}

// DefaultReceivers are a sandbox and an api at their usual ports. Nobody needs to be there;
// their secrets can be put into the files below the stack's directory, and stay there.
func DefaultReceivers() Receivers {
	return Receivers{PagerDutyURL: "http://127.0.0.1:8102/v2/enqueue", API: "http://127.0.0.1:8080"}
}

// What the shipping file says, and what takes its place.
const (
	composePagerDuty = "http://sandbox:8102/v2/enqueue"
	composeAPI       = "http://api:8080"
	composeSecrets   = "/run/secrets/alertmanager"
)

// AlertmanagerConfig is the file that Alertmanager reads: the shipping one with other
// addresses.
func (s *Stack) AlertmanagerConfig() string {
	return filepath.Join(s.dir, "conf", Alertmanager, "alertmanager.yml")
}

// SecretsDir has Alertmanager's secrets.
func (s *Stack) SecretsDir() string { return filepath.Join(s.dir, "secrets", Alertmanager) }

// SetReceivers writes Alertmanager's configuration and secrets. A running Alertmanager
// reads them again.
func (s *Stack) SetReceivers(ctx context.Context, r Receivers) error {
	if err := s.writeReceivers(r); err != nil {
		return err
	}
	if _, running := s.Running(Alertmanager); !running {
		return nil
	}
	return s.reloadAlertmanager(ctx)
}

func (s *Stack) writeReceivers(r Receivers) error {
	conf := filepath.Dir(s.AlertmanagerConfig())
	if err := errors.Join(os.RemoveAll(conf), os.MkdirAll(s.SecretsDir(), 0o700)); err != nil {
		return err
	}
	if err := os.CopyFS(conf, os.DirFS(filepath.Join(s.root, "alertmanager"))); err != nil {
		return err
	}
	b, err := os.ReadFile(s.AlertmanagerConfig())
	if err != nil {
		return err
	}
	text := string(b)
	for _, c := range []struct{ old, replacement string }{
		{composePagerDuty, r.PagerDutyURL}, {composeAPI, r.API}, {composeSecrets, s.SecretsDir()},
	} {
		if !strings.Contains(text, c.old) {
			return fmt.Errorf("alertmanager.yml does not speak of %s", c.old)
		}
		text = strings.ReplaceAll(text, c.old, c.replacement)
	}
	if err := os.WriteFile(s.AlertmanagerConfig(), []byte(text), 0o644); err != nil {
		return err
	}
	for _, f := range []struct{ name, value, madeUp string }{
		{"pagerduty_oncall", r.RoutingKeys["oncall"], random(32)},
		{"pagerduty_lead", r.RoutingKeys["lead"], random(32)},
		{"pagerduty_incident", r.RoutingKeys["incident"], random(32)},
		{"slack_url", r.SlackURL, "http://127.0.0.1:8102/services/TSANDBOX/BALERTS/" + random(24)},
		{"api_token", r.Token, random(64)},
	} {
		if err := writeSecret(filepath.Join(s.SecretsDir(), f.name), f.value, f.madeUp); err != nil {
			return err
		}
	}
	return nil
}

// writeSecret writes the value; without one, what is there stays, and else it is made up.
func writeSecret(path, value, madeUp string) error {
	if value == "" {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		value = madeUp
	}
	return os.WriteFile(path, []byte(value), 0o600)
}

// random returns n hexadecimal characters.
func random(n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

func (s *Stack) reloadAlertmanager(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Ports.URL(Alertmanager)+"/-/reload", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("alertmanager does not take its configuration: HTTP %d\n%s", resp.StatusCode, s.tail(Alertmanager))
	}
	return nil
}
