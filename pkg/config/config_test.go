package config_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
)

func defaults(t *testing.T) config.Config {
	t.Helper()
	var c config.Config
	if err := kong.ApplyDefaults(&c); err != nil {
		t.Fatal(err)
	}
	c.Database.URL = "postgres://localhost/meal_planner"
	c.Security.Key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	return c
}

func TestTheCollectorsAddressIsChecked(t *testing.T) {
	t.Parallel()
	for endpoint, ok := range map[string]bool{
		"": true, "http://localhost:4317": true, "https://collector.example": true,
		"localhost:4317": false, "grpc://localhost:4317": false, "http://": false, "http://:4317": false, "collector": false,
	} {
		c := defaults(t)
		c.Telemetry.OTLPEndpoint = endpoint
		err := c.Check()
		if (err == nil) != ok {
			t.Errorf("%q: %v", endpoint, err)
		}
		if err != nil && (fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_ENDPOINT")) {
			t.Errorf("%q: the message does not name the variable: %v", endpoint, err)
		}
	}
}

func TestTheDatabasesPasswordGoesIntoItsAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, want string }{
		{"postgres://app@db:5432/meals?sslmode=disable", "postgres://app:a%2Fb%40@db:5432/meals?sslmode=disable"},
		{"postgresql://app:old@db/meals", "postgresql://app:a%2Fb%40@db/meals"},
		{"postgres://db/meals", ""},
		{"host=db user=app", ""},
		{"", ""},
	} {
		var cfg config.Config
		cfg.Database.URL, cfg.Database.Password = secretbox.Secret(c.url), "a/b@"
		err := cfg.AfterApply()
		if c.want == "" {
			if fault.KindOf(err) != fault.InvalidConfig {
				t.Errorf("%q: %v", c.url, err)
			}
			continue
		}
		if err != nil || cfg.Database.URL.Reveal() != c.want {
			t.Errorf("%q becomes %q, %v", c.url, cfg.Database.URL.Reveal(), err)
		}
	}
}

// What is for operators has an address of its own, and proxies are addresses or networks.
func TestWhereTheRolesListen(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*config.Config){
		"":                 func(*config.Config) {},
		"ADMIN_ADDR":       func(c *config.Config) { c.Web.AdminAddr = "6060" },
		"METRICS_ENDPOINT": func(c *config.Config) { c.Telemetry.Metrics = true },
		"API_RATE_LIMIT":   func(c *config.Config) { c.Web.RateLimit = -1 },
		"TRUSTED_PROXIES":  func(c *config.Config) { c.Web.TrustedProxies = []string{"10.0.0.0/8", "proxy.example.org"} },
	} {
		c := defaults(t)
		change(&c)
		if err := c.Check(); (err == nil) != (want == "") || err != nil && (fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	for addr, local := range map[string]bool{"127.0.0.1:6060": true, "localhost:6060": true, "[::1]:6060": true, ":6060": false, "0.0.0.0:6060": false, "10.0.0.5:6060": false} {
		c := defaults(t)
		c.Web.AdminAddr, c.Telemetry.Metrics = addr, true
		if err := c.Check(); err != nil || c.Web.AdminIsLocal() != local {
			t.Errorf("%s: %v, local: %v", addr, err, c.Web.AdminIsLocal())
		}
	}
	c := defaults(t)
	proxies, err := c.Web.Proxies()
	if err != nil || len(proxies) != 2 || proxies[1].String() != "::1/128" {
		t.Errorf("%v, %v", proxies, err)
	}
}
