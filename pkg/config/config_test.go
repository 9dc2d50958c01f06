package config_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
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

func TestTheSignalsSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for variable, change := range map[string]func(*config.Telemetry){
		"OTEL_EXPORTER_OTLP_PROTOCOL":         func(c *config.Telemetry) { c.OTLPProtocol = "http/json" },
		"OTEL_TRACES_EXPORTER":                func(c *config.Telemetry) { c.TracesExporter = "zipkin" },
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":  func(c *config.Telemetry) { c.TracesEndpoint = "collector:4317" },
		"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": func(c *config.Telemetry) { c.MetricsProtocol = "udp" },
		"OTEL_METRICS_EXPORTER":               func(c *config.Telemetry) { c.MetricsExporter = "prometheus" },
		"OTEL_LOGS_EXPORTER":                  func(c *config.Telemetry) { c.LogsExporter = "OTLP" },
		"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":    func(c *config.Telemetry) { c.LogsEndpoint = "ftp://x" },
	} {
		c := defaults(t)
		change(&c.Telemetry)
		if err := c.Check(); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), variable+":") {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

// Whether a signal is exported decides what else happens to it: sampling of lines, doctor.
func TestWhatIsExported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config.Telemetry
		any, logs bool
		endpoints string
	}{
		"nothing set":           {config.Telemetry{}, false, false, ""},
		"one endpoint":          {config.Telemetry{OTLPEndpoint: "http://a"}, true, true, "http://a"},
		"logs elsewhere":        {config.Telemetry{OTLPEndpoint: "http://a", LogsEndpoint: "http://b"}, true, true, "http://a http://b"},
		"logs alone":            {config.Telemetry{LogsEndpoint: "http://b"}, true, true, "http://b"},
		"no logs":               {config.Telemetry{OTLPEndpoint: "http://a", LogsExporter: "none"}, true, false, "http://a"},
		"none of all":           {config.Telemetry{OTLPEndpoint: "http://a", LogsExporter: "none", TracesExporter: "none", MetricsExporter: "console"}, false, false, ""},
		"the SDK is turned off": {config.Telemetry{OTLPEndpoint: "http://a", Disabled: true}, false, false, ""},
	} {
		if c.Exports() != c.any || c.ExportsLogs() != c.logs || strings.Join(c.OTLPEndpoints(), " ") != c.endpoints {
			t.Errorf("%s: exports %v, logs %v, to %v", name, c.Exports(), c.ExportsLogs(), c.OTLPEndpoints())
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
		cfg.Database.URL, cfg.Database.Password = seal.Secret(c.url), "a/b@"
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

// What belongs together is named together.
func TestHalfASettingIsNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*config.Config){
		"IMAP_USERNAME: it and IMAP_PASSWORD must be set":                  func(c *config.Config) { c.IMAP.Host = "imap.example.org" },
		"FATSECRET_CONSUMER_KEY: it and FATSECRET_CONSUMER_SECRET must be": func(c *config.Config) { c.FatSecret.ConsumerKey = "k" },
	} {
		c := defaults(t)
		change(&c)
		if err := c.Check(); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// Nothing is reached from outside that nobody opened; the image opens its own network.
func TestWhatListensByDefaultIsOfThisMachine(t *testing.T) {
	t.Parallel()
	n := 0
	for f := range reflect.TypeFor[config.Web]().Fields() {
		address := f.Tag.Get("default")
		if !strings.HasSuffix(f.Name, "Addr") || address == "" {
			continue
		}
		n++
		if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().IsLoopback() {
			t.Errorf("%s listens at %s", f.Name, address)
		}
	}
	if n != 2 {
		t.Errorf("%d addresses have a default", n)
	}
}

func TestWhereTelemetryIsAskedByDefault(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	if !c.Diagnosis.Default() {
		t.Errorf("nothing is set, and yet %+v counts as set", c.Diagnosis)
	}
	c.Diagnosis.LokiURL = "http://loki"
	if c.Diagnosis.Default() {
		t.Error("an address that is set counts as the default")
	}
}
