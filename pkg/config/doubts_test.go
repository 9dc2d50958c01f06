package config_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/config"
)

func TestDoubts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Config)
		want   []string
	}{
		"defaults":                            {func(*config.Config) {}, nil},
		"a real mail server and nothing else": {func(c *config.Config) { c.SMTP.Host = "mail.example.org" }, []string{"PUBLIC_URL", "SMTP_FROM"}},
		"as the README says": {func(c *config.Config) {
			c.SMTP.Host, c.SMTP.From, c.Web.PublicURL = "mail.example.org", "Planner <plan@example.org>", "https://meals.example.org"
		}, nil},
		"replies to another mailbox": {func(c *config.Config) {
			c.SMTP.Host, c.SMTP.From, c.Web.PublicURL = "mail.example.org", "plan@example.org", "https://meals.example.org"
			c.IMAP.Host, c.IMAP.Username = "sandbox", "plan@sandbox.example"
		}, []string{"IMAP_ADDRESS"}},
		"another mailbox on purpose": {func(c *config.Config) {
			c.SMTP.Host, c.SMTP.From, c.Web.PublicURL = "mail.example.org", "plan@example.org", "https://meals.example.org"
			c.IMAP.Host, c.IMAP.Username, c.IMAP.Address = "imap.example.org", "box@example.org", "plan@example.org"
		}, nil},
		"a login without a domain": {func(c *config.Config) {
			c.SMTP.Host, c.SMTP.From, c.Web.PublicURL = "mail.example.org", "plan@example.org", "https://meals.example.org"
			c.IMAP.Host, c.IMAP.Username = "imap.example.org", "plan"
		}, nil},
		"compose's sandbox": {func(c *config.Config) {
			c.SMTP.Host, c.SMTP.From = "sandbox", "Meal planner <plan@sandbox.example>"
		}, nil},
	} {
		var cfg config.Config
		if err := kong.ApplyDefaults(&cfg); err != nil {
			t.Fatal(err)
		}
		c.change(&cfg)
		got := cfg.Doubts()
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			ok = ok && strings.Contains(got[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
