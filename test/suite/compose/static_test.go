package compose

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// service is what compose.yaml says of one; merged keys are resolved by the decoder.
type service struct {
	Image       string
	Build       map[string]any
	Restart     string
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	MemLimit    string            `yaml:"mem_limit"`
	CPUs        float64           `yaml:"cpus"`
	PidsLimit   int               `yaml:"pids_limit"`
	NetworkMode string            `yaml:"network_mode"`
	Networks    []string          `yaml:"networks"`
	Environment map[string]string `yaml:"environment"`
	Entrypoint  any               `yaml:"entrypoint"`
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
	Command     []string          `yaml:"command"`
}

func services(t *testing.T) map[string]service {
	t.Helper()
	b, err := os.ReadFile("../../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]service
		Networks map[string]struct{ Internal bool }
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) < 15 || !file.Networks["back"].Internal {
		t.Fatalf("%d services; the network back is internal: %v", len(file.Services), file.Networks["back"].Internal)
	}
	return file.Services
}

// No service can take the machine, write into its image, or gain rights.
func TestServicesAreBounded(t *testing.T) {
	t.Parallel()
	tandoor := []string{"tandoor", "tandoor-setup"} // their image starts as root and writes beside its volumes
	for name, s := range services(t) {
		if !regexp.MustCompile(`^[1-9]\d*[mg]$`).MatchString(s.MemLimit) || s.PidsLimit < 64 || s.PidsLimit > 1000 {
			t.Errorf("%s: mem_limit %q, pids_limit %d", name, s.MemLimit, s.PidsLimit)
		}
		if s.CPUs <= 0 || s.CPUs > 1 { // more than a machine has is an error, and the smallest has one
			t.Errorf("%s: cpus %v", name, s.CPUs)
		}
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: security_opt %q", name, s.SecurityOpt)
		}
		if slices.Contains(tandoor, name) {
			continue
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s: read_only %v, cap_drop %q", name, s.ReadOnly, s.CapDrop)
		}
	}
}

// What is started tomorrow is what was tested today.
func TestImagesAreExact(t *testing.T) {
	t.Parallel()
	exact := regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?$`)
	from := func(where, image string) {
		t.Helper()
		if !exact.MatchString(image) {
			t.Errorf("%s: %s names no exact version", where, image)
		}
	}
	postgres := map[string]bool{}
	for name, s := range services(t) {
		if s.Build == nil {
			from(name, s.Image)
		}
		if strings.HasPrefix(s.Image, "postgres:") {
			postgres[s.Image] = true
		}
	}
	for _, file := range []string{"Dockerfile", "postgres/backup.Dockerfile"} {
		b, err := os.ReadFile("../../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) < 2 || f[0] != "FROM" || f[1] == "scratch" || strings.HasPrefix(f[1], "$") {
				continue
			}
			from(file, f[1])
			if strings.HasPrefix(f[1], "postgres:") {
				postgres[f[1]] = true
			}
		}
	}
	if len(postgres) != 1 {
		t.Errorf("several versions of PostgreSQL: %v", slices.Collect(maps.Keys(postgres)))
	}
}

// The database is reached by those who use it, and the world by those who speak to it.
func TestNetworks(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"secrets": "none", "otel-queues": "none", "postgres": "back", "roles": "back", "migrate": "back", "backup": "back", "tandoor-setup": "back",
		"sandbox": "world", "api": "back telemetry world", "scheduler": "back telemetry world", "demo": "back telemetry world", "tandoor": "back world",
		"telemetry": "telemetry", "otel-collector": "telemetry", "prometheus": "telemetry", "loki": "telemetry", "jaeger": "telemetry",
		"alertmanager": "telemetry world", "grafana": "back telemetry",
	}
	got := map[string]string{}
	for name, s := range services(t) {
		slices.Sort(s.Networks)
		got[name] = strings.Join(s.Networks, " ") + s.NetworkMode
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s publishes %s", name, p)
			}
			if got[name] == "back" {
				t.Errorf("%s publishes %s from a network without a way out", name, p)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("networks are %v,\nwant %v", got, want)
	}
}

// Who looks at a panel without a login may follow its links, which lead to Explore, and may
// save nothing. Grafana's container asks nobody outside for anything.
func TestGrafanaIsOpenToReadersAndKeepsToItself(t *testing.T) {
	t.Parallel()
	env := services(t)["grafana"].Environment
	for name, want := range map[string]string{
		"GF_AUTH_ANONYMOUS_ENABLED": "true", "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer", "GF_USERS_VIEWERS_CAN_EDIT": "true",
		"GF_PLUGINS_PREINSTALL_DISABLED": "true", "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
		"GF_ANALYTICS_REPORTING_ENABLED": "false", "GF_ANALYTICS_CHECK_FOR_UPDATES": "false", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
		"GF_NEWS_NEWS_FEED_ENABLED": "false", "GF_SECURITY_DISABLE_GRAVATAR": "true", "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
	} {
		if env[name] != want {
			t.Errorf("%s is %q, want %q", name, env[name], want)
		}
	}
}

// Each service reads the secrets it uses, and no other's; nobody but `secrets` writes them.
func TestSecretsHaveTheirReaders(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"secrets-owner": "backup migrate", "secrets-api": "api demo", "secrets-scheduler": "scheduler", "secrets-app": "api backup demo migrate scheduler",
		"secrets-sandbox": "api demo sandbox scheduler", "secrets-postgres": "postgres roles", "secrets-grafana": "grafana",
		"secrets-alertmanager": "alertmanager", "secrets-tandoor": "tandoor tandoor-setup",
	}
	readers := map[string][]string{}
	made := services(t)["secrets"].Command
	for name, s := range services(t) {
		mounted := map[string]string{} // directory -> volume
		for _, v := range s.Volumes {
			parts := strings.Split(v, ":")
			if !strings.HasPrefix(parts[0], "secrets-") {
				continue
			}
			mounted[parts[1]] = parts[0]
			if name == "secrets" {
				continue
			}
			readers[parts[0]] = append(readers[parts[0]], name)
			if len(parts) != 3 || parts[2] != "ro" {
				t.Errorf("%s may write %s", name, v)
			}
		}
		for variable, file := range s.Environment {
			if !strings.HasPrefix(file, "/run/secrets/") {
				continue
			}
			volume := mounted[path.Dir(file)]
			if volume == "" {
				t.Errorf("%s: %s is %s, which is not mounted", name, variable, file)
				continue
			}
			file := "/volumes/secrets/" + strings.TrimPrefix(volume, "secrets-") + "/" + path.Base(file)
			if !slices.ContainsFunc(made, func(arg string) bool {
				files, _, _ := strings.Cut(arg, "=")
				return slices.Contains(strings.Split(files, ","), file)
			}) {
				t.Errorf("%s: nobody makes %s of %s", name, file, variable)
			}
		}
		for variable, value := range s.Environment {
			if strings.HasPrefix(value, "postgres://") {
				role := map[string]string{"migrate": "meal_planner", "backup": "meal_planner", "demo": "meal_planner_api", "api": "meal_planner_api", "scheduler": "meal_planner_scheduler"}[name]
				if !strings.HasPrefix(value, "postgres://"+role+"@") {
					t.Errorf("%s: %s is %s, want the role %q", name, variable, value, role)
				}
			}
		}
	}
	got := map[string]string{}
	for volume, names := range readers {
		slices.Sort(names)
		got[volume] = strings.Join(names, " ")
	}
	if !maps.Equal(got, want) {
		t.Errorf("secrets are read by %v,\nwant %v", got, want)
	}
}

// Whatever a server keeps, it does not fill the host's disk with it.
func TestServersKeepNoMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	if c := services(t)["prometheus"].Command; !slices.ContainsFunc(c, func(arg string) bool { return strings.HasPrefix(arg, "--storage.tsdb.retention.size=") }) {
		t.Errorf("prometheus keeps without a limit: %q", c)
	}
	for file, setting := range map[string]string{"jaeger/config.yaml": `ttl: \{spans: \d+h\}`, "loki/config.yaml": `(?m)^ *retention_enabled: true$`} {
		b, err := os.ReadFile("../../../" + file)
		if err != nil || !regexp.MustCompile(setting).Match(b) {
			t.Errorf("%s: no %s (%v)", file, setting, err)
		}
	}
}
