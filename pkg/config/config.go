// Package config is every setting of the program in one place: its flag, environment
// variable, default and help. docs/configuration.md is generated from it.
package config

import (
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Config holds the settings of the service. Secrets may be given as a file: for every
// variable X of a secret, X_FILE names a file that holds it.
type Config struct {
	Database   Database   `embed:"" prefix:"database-" group:"Database"`
	Security   Security   `embed:"" group:"Security"`
	SMTP       SMTP       `embed:"" prefix:"smtp-" group:"Mail"`
	IMAP       IMAP       `embed:"" prefix:"imap-" group:"Replies"`
	Web        Web        `embed:"" group:"Web"`
	Generation Generation `embed:"" prefix:"generation-" group:"Generation"`
	Scheduler  Scheduler  `embed:"" prefix:"scheduler-" group:"Scheduler"`
	Tandoor    Tandoor    `embed:"" prefix:"tandoor-" group:"Upstreams"`
	FatSecret  FatSecret  `embed:"" prefix:"fatsecret-" group:"Upstreams"`
	Alerts     Alerts     `embed:"" group:"Alerts"`
	Diagnosis  Diagnosis  `embed:"" group:"Alerts"`
	Log        Log        `embed:"" group:"Logs and telemetry"`
	Telemetry  Telemetry  `embed:"" group:"Logs and telemetry"`
}

// Database says where PostgreSQL is.
type Database struct {
	URL              seal.Secret   `env:"DATABASE_URL" help:"PostgreSQL connection string." placeholder:"postgres://user:password@host:5432/meal_planner"`
	Password         seal.Secret   `env:"DATABASE_PASSWORD" help:"Password for a DATABASE_URL of the form postgres://user@host/database, which then need not be kept secret." placeholder:"SECRET"`
	APIPool          int           `env:"DATABASE_API_POOL" default:"20" help:"Maximum connections in the api role's pool."`
	SchedulerPool    int           `env:"DATABASE_SCHEDULER_POOL" default:"20" help:"Maximum connections in the scheduler role's pool."`
	StatementTimeout time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" default:"30s" help:"The server cancels statements that run longer."`
}

// Security holds the program's own secret.
type Security struct {
	Key seal.Secret `env:"MEALPLANNER_KEY" help:"64 hexadecimal characters: encrypts stored tokens and signs links. Generate one with: openssl rand -hex 32. Several keys, newest first, are separated by commas or newlines." placeholder:"HEX"`
}

// SMTP says how mail leaves.
type SMTP struct {
	Host       string        `env:"SMTP_HOST" default:"localhost" help:"Mail server."`
	Port       int           `env:"SMTP_PORT" default:"587" help:"Port of the mail server."`
	Username   string        `env:"SMTP_USERNAME" help:"User at the mail server; empty sends without authentication."`
	Password   seal.Secret   `env:"SMTP_PASSWORD" help:"Password at the mail server." placeholder:"SECRET"`
	Encryption string        `env:"SMTP_ENCRYPTION" default:"starttls" enum:"starttls,tls,none,insecure" help:"starttls (587), tls (465), none (loopback only), or insecure: none towards another host, for a private network such as Compose's."`
	From       string        `env:"SMTP_FROM" default:"Meal planner <plan@localhost>" help:"Sender of every mail."`
	ReplyTo    string        `env:"SMTP_REPLY_TO" help:"Address for replies, if not the sender's."`
	Timeout    time.Duration `env:"SMTP_TIMEOUT" default:"10s" help:"Timeout for sending one mail."`
}

// IMAP says where replies arrive. Without it they are not read, and mails say so.
type IMAP struct {
	Host       string        `env:"IMAP_HOST" help:"IMAP server of the mailbox that receives replies; empty: commands only by the buttons in mails."`
	Port       int           `env:"IMAP_PORT" default:"993" help:"Port of the IMAP server."`
	Username   string        `env:"IMAP_USERNAME" help:"User at the IMAP server."`
	Password   seal.Secret   `env:"IMAP_PASSWORD" help:"Password at the IMAP server." placeholder:"SECRET"`
	Encryption string        `env:"IMAP_ENCRYPTION" default:"tls" enum:"tls,starttls,none,insecure" help:"tls (993), starttls (143), none (loopback only), or insecure: none towards another host, for a private network."`
	Folder     string        `env:"IMAP_FOLDER" default:"INBOX" help:"Folder to read. Nothing in it is moved, marked or deleted."`
	Poll       time.Duration `env:"IMAP_POLL" default:"60s" help:"Polling interval if the server does not support IDLE."`
	Timeout    time.Duration `env:"IMAP_TIMEOUT" default:"30s" help:"Timeout for one exchange with the server."`
	Address    string        `env:"IMAP_ADDRESS" help:"Address of the mailbox (default: that of SMTP_FROM). Mails to it with +something before the @ must arrive there too." placeholder:"plan@example.org"`
	AuthservID string        `name:"authserv-id" env:"IMAP_AUTHSERV_ID" help:"Your mail provider's authserv-id in Authentication-Results (RFC 8601). Empty: DKIM signatures are verified here." placeholder:"mx.example.org"`
}

// Inbox is the address for replies; "" when they are not read.
func (c IMAP) Inbox(s SMTP) string {
	if c.Host == "" {
		return ""
	}
	if c.Address != "" {
		return c.Address
	}
	a, err := mail.ParseAddress(s.From)
	if err != nil {
		return ""
	}
	return a.Address
}

// Web says where the roles listen.
type Web struct {
	APIAddr       string `env:"API_ADDR" default:"127.0.0.1:8080" help:"Listen address of the api role. In the image it is :8080, which the container's published ports reach."`
	SchedulerAddr string `env:"SCHEDULER_ADDR" default:"127.0.0.1:8081" help:"Listen address of the scheduler role (health). In the image it is :8081."`
	AdminAddr     string `env:"ADMIN_ADDR" help:"Listen address for operators: /metrics, /trace/ with traces and their log lines, and /runbook/ with the automatic responses; on a loopback address /debug/pprof and /debug/users too. Empty serves none of them." placeholder:"127.0.0.1:6060"`
	PublicURL     string `env:"PUBLIC_URL" default:"http://localhost:8080" help:"Public URL of the api role: the base of links in mails."`

	RateLimit      int      `name:"api-rate-limit" env:"API_RATE_LIMIT" default:"240" help:"Requests per minute and client address to the api role's pages, a quarter of them in a burst; more are answered with 429. 0: no limit."`
	TrustedProxies []string `env:"TRUSTED_PROXIES" default:"127.0.0.0/8,::1" help:"Addresses and networks of proxies in front of the api role, whose X-Forwarded-For names the client."`

	LibraryReach    string `env:"LIBRARY_REACH" default:"network" enum:"internet,network,all" help:"Where the libraries may lie that invited people connect: internet; network: private networks too, as the one at home, but not this machine itself; all: whatever this machine reaches. Those that operators connect may lie anywhere."`
	WebhookInternal bool   `env:"WEBHOOK_INTERNAL" default:"false" help:"Let users have webhooks at http:// addresses and inside this network. Only where everybody who has an account may reach what this machine reaches."`
}

// Proxies are the trusted proxies' networks. Kind InvalidConfiguration.
func (c *Web) Proxies() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, s := range c.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(s); err == nil {
				p, err = a.Prefix(a.BitLen())
			}
		}
		if err != nil {
			return nil, fault.New(fault.InvalidConfig, "TRUSTED_PROXIES", "%q is neither an address nor a network such as 10.0.0.0/8", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// AdminIsLocal reports whether only this machine reaches the listener for operators.
func (c *Web) AdminIsLocal() bool {
	host, _, err := net.SplitHostPort(c.AdminAddr)
	return err == nil && loopback(host)
}

// Generation bounds a weekly run.
type Generation struct {
	Timeout         time.Duration `env:"GENERATION_TIMEOUT" default:"2s" help:"Timeout for one week's generation."`
	UpstreamTimeout time.Duration `env:"GENERATION_UPSTREAM_TIMEOUT" default:"500ms" help:"Timeout for each upstream within a generation; then the cache is used."`
	Effort          int           `env:"GENERATION_EFFORT" default:"1" help:"Work the engine may spend before it returns an unproven answer; 1 proves everything up to 100 recipes per meal."`
	PoolMaxAge      time.Duration `env:"GENERATION_POOL_MAX_AGE" default:"0s" help:"Reuse a recipe pool younger than this without asking Tandoor."`

	RequireUpstreams bool `env:"GENERATION_REQUIRE_UPSTREAMS" help:"Fail and retry instead of planning from stale recipes or without the tracked weight."`
}

// Scheduler bounds the jobs of one process.
type Scheduler struct {
	Concurrency  int           `env:"SCHEDULER_CONCURRENCY" default:"5" help:"Concurrent jobs per scheduler process."`
	WeeklySpread time.Duration `env:"SCHEDULER_WEEKLY_SPREAD" default:"30m" help:"With 200 or more users in one time zone, their weekly runs are spread over this time before the hour; 0 starts all at once."`
	NewUserGrace time.Duration `env:"SCHEDULER_NEW_USER_GRACE" default:"10m" help:"Delay before a new user's first week is planned, so that mistakes can be corrected."`
}

// Tandoor bounds calls to recipe libraries. Which libraries there are is data: see
// `mealplanner user add`.
type Tandoor struct {
	Timeout time.Duration `env:"TANDOOR_TIMEOUT" default:"30s" help:"Timeout for one call outside a generation."`
}

// FatSecret holds the application's keys. Without them body figures come from the users.
type FatSecret struct {
	ConsumerKey    string        `env:"FATSECRET_CONSUMER_KEY" help:"Consumer key of your FatSecret application; empty disables FatSecret."`
	ConsumerSecret seal.Secret   `env:"FATSECRET_CONSUMER_SECRET" help:"Consumer secret of your FatSecret application." placeholder:"SECRET"`
	APIURL         string        `name:"api-url" env:"FATSECRET_API_URL" default:"https://platform.fatsecret.com/rest/server.api" help:"REST endpoint."`
	AuthURL        string        `name:"auth-url" env:"FATSECRET_AUTH_URL" default:"https://authentication.fatsecret.com/oauth" help:"Base of the OAuth 1.0a endpoints."`
	DailyBudget    int           `env:"FATSECRET_DAILY_BUDGET" default:"5000" help:"Calls a day for the whole application (the free plan's limit)."`
	Timeout        time.Duration `env:"FATSECRET_TIMEOUT" default:"20s" help:"Timeout for one call outside a generation."`
}

// Alerts connects the program with those who watch it.
type Alerts struct {
	Token            seal.Secret   `name:"alerts-token" env:"ALERTS_TOKEN" help:"Bearer token of Alertmanager for /alerts/notify and /alerts/heartbeat, at least 16 characters; empty serves neither." placeholder:"SECRET"`
	AlertmanagerURL  string        `name:"alertmanager-url" env:"ALERTMANAGER_URL" default:"http://localhost:9093" help:"Alertmanager, for acknowledgements."`
	OnCall           string        `name:"oncall-file" env:"ONCALL_FILE" help:"Rotation file that says who is on call; see alertmanager/oncall.example.yml." placeholder:"FILE"`
	HeartbeatTimeout time.Duration `name:"heartbeat-timeout" env:"ALERTS_HEARTBEAT_TIMEOUT" default:"5m" help:"Page on-call if Alertmanager's heartbeat, once received, is missing for this long; 0 disables."`
	PagerDutyURL     string        `name:"pagerduty-url" env:"PAGERDUTY_URL" default:"https://events.pagerduty.com/v2/enqueue" help:"PagerDuty Events API v2, used when the heartbeat stops."`
	PagerDutyKey     seal.Secret   `name:"pagerduty-routing-key" env:"PAGERDUTY_ROUTING_KEY" help:"Its routing key; empty: a missing heartbeat is only an ERROR line." placeholder:"SECRET"`
}

// Diagnosis says where the telemetry can be asked.
type Diagnosis struct {
	PrometheusURL string `name:"prometheus-url" env:"PROMETHEUS_URL" default:"http://localhost:9090" help:"Prometheus, for diagnose and debug."`
	LokiURL       string `name:"loki-url" env:"LOKI_URL" default:"http://localhost:3100" help:"Loki, for diagnose and debug; empty: none."`
	JaegerURL     string `name:"jaeger-url" env:"JAEGER_URL" default:"http://localhost:16686" help:"Jaeger, for diagnose and debug."`
	JaegerPage    string `name:"jaeger-public-url" env:"JAEGER_PUBLIC_URL" help:"Jaeger as operators' browsers reach it: the page of a trace links there. Empty: no link." placeholder:"URL"`
	GrafanaPage   string `name:"grafana-public-url" env:"GRAFANA_PUBLIC_URL" help:"Grafana as operators' browsers reach it: the page of a trace links to its lines there. Empty: no link." placeholder:"URL"`
}

// Default reports whether nothing says where the telemetry can be asked: all addresses are
// the usual ones.
func (d Diagnosis) Default() bool {
	return d.PrometheusURL == "http://localhost:9090" && d.LokiURL == "http://localhost:3100" && d.JaegerURL == "http://localhost:16686"
}

// Log says which lines are written.
type Log struct {
	Level         string `env:"LOG_LEVEL" help:"debug, info, warn or error (default info; warn for one-shot commands); debug@user_id adds one user's DEBUG lines for an hour."`
	SampleInfo    bool   `env:"LOG_SAMPLE_INFO" default:"true" negatable:"" help:"Keep INFO lines of one trace in ten if logs are exported over OTLP; otherwise keep all."`
	TraceRequests bool   `env:"TRACE_REQUESTS" help:"Keep every line of every trace."`
}

// Telemetry says where signals go.
type Telemetry struct {
	OTLPEndpoint string `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"OTLP endpoint of the Collector or a vendor, for all signals; empty exports only signals with their own endpoint. Headers, compression, certificates and timeouts follow the other OTEL_EXPORTER_OTLP_* variables." placeholder:"http://localhost:4317"`
	OTLPProtocol string `name:"otlp-protocol" env:"OTEL_EXPORTER_OTLP_PROTOCOL" default:"grpc" help:"grpc (port 4317), or http/protobuf (port 4318): then each signal's path, such as /v1/traces, is appended to the endpoint."`

	TracesExporter  string `name:"traces-exporter" env:"OTEL_TRACES_EXPORTER" default:"otlp" help:"otlp, console or none."`
	TracesEndpoint  string `name:"otlp-traces-endpoint" env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"Endpoint for traces only; over HTTP with its path." placeholder:"https://otlp.example.com/v1/traces"`
	TracesProtocol  string `name:"otlp-traces-protocol" env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" help:"Protocol for traces only."`
	MetricsExporter string `name:"metrics-exporter" env:"OTEL_METRICS_EXPORTER" default:"otlp" help:"otlp, console or none; METRICS_ENDPOINT is for a Prometheus that scrapes."`
	MetricsEndpoint string `name:"otlp-metrics-endpoint" env:"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" help:"Endpoint for metrics only; over HTTP with its path." placeholder:"https://otlp.example.com/v1/metrics"`
	MetricsProtocol string `name:"otlp-metrics-protocol" env:"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL" help:"Protocol for metrics only."`
	LogsExporter    string `name:"logs-exporter" env:"OTEL_LOGS_EXPORTER" default:"otlp" help:"otlp, console or none; the JSON lines on standard output are always written."`
	LogsEndpoint    string `name:"otlp-logs-endpoint" env:"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" help:"Endpoint for logs only; over HTTP with its path." placeholder:"https://otlp.example.com/v1/logs"`
	LogsProtocol    string `name:"otlp-logs-protocol" env:"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL" help:"Protocol for logs only."`

	Disabled       bool          `name:"otel-sdk-disabled" env:"OTEL_SDK_DISABLED" help:"Send no traces, metrics or logs over OTLP; the durations in the JSON logs stay."`
	Sampler        string        `name:"traces-sampler" env:"OTEL_TRACES_SAMPLER" help:"always_on, always_off or traceidratio, also after parentbased_ (default parentbased_always_on). Metrics and logs do not depend on it."`
	SamplerArg     string        `name:"traces-sampler-arg" env:"OTEL_TRACES_SAMPLER_ARG" help:"Share of traces, 0 to 1, that traceidratio keeps (default 1)."`
	Metrics        bool          `name:"metrics-endpoint" env:"METRICS_ENDPOINT" help:"Serve /metrics at ADMIN_ADDR, for a Prometheus that scrapes: see prometheus/scrape.example.yml."`
	MetricInterval time.Duration `env:"METRIC_INTERVAL" default:"15s" help:"Time between metric exports."`
	Environment    string        `name:"deployment-environment" env:"DEPLOYMENT_ENVIRONMENT" default:"production" help:"Value of deployment.environment.name."`
}

// AfterApply puts the database's password into its address; the command line calls it
// when every setting is read.
func (c *Config) AfterApply() error {
	d := &c.Database
	if d.Password == "" {
		return nil
	}
	u, err := url.Parse(d.URL.Reveal())
	if err != nil || u.User == nil || u.User.Username() == "" || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fault.New(fault.InvalidConfig, "DATABASE_PASSWORD", "wants a DATABASE_URL of the form postgres://user@host/database")
	}
	u.User = url.UserPassword(u.User.Username(), d.Password.Reveal())
	d.URL = seal.Secret(u.String())
	return nil
}

// Check names the first setting that cannot work, and the cure.
func (c *Config) Check() error {
	if c.Database.URL == "" {
		return bad("DATABASE_URL", "not set: give a PostgreSQL connection string, or try `mealplanner demo`, which brings its own server")
	}
	if _, err := seal.ParseRing(c.Security.Key); err != nil {
		return err
	}
	if err := c.checkRanges(); err != nil {
		return err
	}
	if _, err := mail.ParseAddress(c.SMTP.From); err != nil {
		return bad("SMTP_FROM", "%q is not a mail address", c.SMTP.From)
	}
	if _, err := mail.ParseAddress(c.SMTP.ReplyTo); err != nil && c.SMTP.ReplyTo != "" {
		return bad("SMTP_REPLY_TO", "%q is not a mail address", c.SMTP.ReplyTo)
	}
	if c.SMTP.Encryption == "none" && !loopback(c.SMTP.Host) {
		return bad("SMTP_ENCRYPTION", "none is for a mail server on this machine; %s would receive password and mails unencrypted (insecure allows it, on a private network)", c.SMTP.Host)
	}
	if err := c.IMAP.check(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.Web.AdminAddr); c.Web.AdminAddr != "" && err != nil {
		return bad("ADMIN_ADDR", "%q is not a listen address: want 127.0.0.1:6060", c.Web.AdminAddr)
	}
	if c.Telemetry.Metrics && c.Web.AdminAddr == "" {
		return bad("METRICS_ENDPOINT", "needs ADMIN_ADDR: /metrics names users, so it is served there, and not where the pages are")
	}
	if c.Web.RateLimit < 0 || c.Web.RateLimit > 1_000_000 {
		return bad("API_RATE_LIMIT", "%d is not between 0 and 1000000", c.Web.RateLimit)
	}
	if _, err := c.Web.Proxies(); err != nil {
		return err
	}
	if !isHTTP(c.Web.PublicURL) {
		return bad("PUBLIC_URL", "%q is not an http(s) address", c.Web.PublicURL)
	}
	if err := c.Telemetry.check(); err != nil {
		return err
	}
	if (c.FatSecret.ConsumerKey == "") != (c.FatSecret.ConsumerSecret == "") {
		return bad("FATSECRET_CONSUMER_KEY", "it and FATSECRET_CONSUMER_SECRET must be set together, or neither")
	}
	if err := c.Alerts.check(); err != nil {
		return err
	}
	_, _, err := c.Log.Levels(slog.LevelInfo)
	return err
}

// checkRanges checks what is a number or a duration.
func (c *Config) checkRanges() error {
	for _, n := range []struct {
		variable string
		value    int
		min, max int
	}{
		{"DATABASE_API_POOL", c.Database.APIPool, 4, 1000},
		{"DATABASE_SCHEDULER_POOL", c.Database.SchedulerPool, 4, 1000},
		{"SMTP_PORT", c.SMTP.Port, 1, 65535},
		{"IMAP_PORT", c.IMAP.Port, 1, 65535},
		{"GENERATION_EFFORT", c.Generation.Effort, 1, 1_000_000},
		{"SCHEDULER_CONCURRENCY", c.Scheduler.Concurrency, 1, 100},
		{"FATSECRET_DAILY_BUDGET", c.FatSecret.DailyBudget, 1, 1_000_000_000},
	} {
		if n.value < n.min || n.value > n.max {
			return bad(n.variable, "%d is not between %d and %d", n.value, n.min, n.max)
		}
	}
	for _, d := range []struct {
		variable string
		value    time.Duration
	}{
		{"DATABASE_STATEMENT_TIMEOUT", c.Database.StatementTimeout},
		{"SMTP_TIMEOUT", c.SMTP.Timeout},
		{"IMAP_TIMEOUT", c.IMAP.Timeout},
		{"IMAP_POLL", c.IMAP.Poll},
		{"GENERATION_TIMEOUT", c.Generation.Timeout},
		{"GENERATION_UPSTREAM_TIMEOUT", c.Generation.UpstreamTimeout},
		{"TANDOOR_TIMEOUT", c.Tandoor.Timeout},
		{"FATSECRET_TIMEOUT", c.FatSecret.Timeout},
		{"METRIC_INTERVAL", c.Telemetry.MetricInterval},
	} {
		if d.value < time.Millisecond {
			return bad(d.variable, "%s is below 1ms", d.value)
		}
	}
	if s := c.Scheduler.WeeklySpread; s < 0 || s > 6*time.Hour {
		return bad("SCHEDULER_WEEKLY_SPREAD", "%s is not between 0s and 6h", s)
	}
	if g := c.Scheduler.NewUserGrace; g < 0 || g > 24*time.Hour {
		return bad("SCHEDULER_NEW_USER_GRACE", "%s is not between 0s and 24h", g)
	}
	return nil
}

func (c *Alerts) check() error {
	switch n := len(c.Token); {
	case n > 0 && n < 16:
		return fault.New(fault.InvalidConfig, "ALERTS_TOKEN", "%d characters are too few: make 32 with `openssl rand -hex 16`", n)
	case !isHTTP(c.AlertmanagerURL):
		return fault.New(fault.InvalidConfig, "ALERTMANAGER_URL", "%q is not an http(s) address", c.AlertmanagerURL)
	case !isHTTP(c.PagerDutyURL):
		return fault.New(fault.InvalidConfig, "PAGERDUTY_URL", "%q is not an http(s) address", c.PagerDutyURL)
	case c.HeartbeatTimeout < 0:
		return fault.New(fault.InvalidConfig, "ALERTS_HEARTBEAT_TIMEOUT", "%s is negative", c.HeartbeatTimeout)
	default:
		return nil
	}
}

func (c *IMAP) check() error {
	switch a, err := mail.ParseAddress(c.Address); {
	case c.Host == "":
		return nil
	case c.Encryption == "none" && !loopback(c.Host):
		return fault.New(fault.InvalidConfig, "IMAP_ENCRYPTION", "none is for a mail server on this machine; %s would receive password and mails unencrypted (insecure allows it, on a private network)", c.Host)
	case c.Address != "" && (err != nil || a.Address != c.Address):
		return fault.New(fault.InvalidConfig, "IMAP_ADDRESS", "%q is not a plain address like plan@example.org", c.Address)
	case strings.Contains(c.Address, "+"):
		return fault.New(fault.InvalidConfig, "IMAP_ADDRESS", "%q has a + already: give the mailbox's own address", c.Address)
	case c.Username == "" || c.Password == "":
		return fault.New(fault.InvalidConfig, "IMAP_USERNAME", "it and IMAP_PASSWORD must be set where IMAP_HOST is")
	default:
		return nil
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// Levels parses the log level: the default, and a user whose DEBUG lines are on.
func (l Log) Levels(fallback slog.Level) (level slog.Level, debugUser string, err error) {
	text := strings.TrimSpace(l.Level)
	if text == "" {
		return fallback, "", nil
	}
	if name, user, ok := strings.Cut(text, "@"); ok {
		if !strings.EqualFold(name, "debug") || user == "" {
			return 0, "", fault.New(fault.InvalidConfig, "LOG_LEVEL", "%q: want debug@user_id", text)
		}
		return fallback, user, nil
	}
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return 0, "", fault.New(fault.InvalidConfig, "LOG_LEVEL", "%q is not debug, info, warn or error", text)
	}
	return level, "", nil
}

// Domain is the right-hand side of the sender's address.
func (s SMTP) Domain() string {
	_, domain, ok := strings.Cut(s.Address(), "@")
	if !ok {
		return "localhost"
	}
	return domain
}

// Address is From without its name; "" when it is none.
func (s SMTP) Address() string {
	a, err := mail.ParseAddress(s.From)
	if err != nil {
		return ""
	}
	return a.Address
}

func bad(variable, format string, args ...any) error {
	return fault.New(fault.InvalidConfig, variable, format, args...)
}
