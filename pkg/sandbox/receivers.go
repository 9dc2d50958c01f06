package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/slacktest"
)

// makeReceivers makes PagerDuty and Slack, with secrets of the vendors' forms.
func (s *Sandbox) makeReceivers(o Options) error {
	s.RoutingKeys = map[string]string{}
	for _, service := range PagerDutyServices {
		key := o.RoutingKeys[service]
		if key == "" {
			key = orRandom("")[:pagerduty.RoutingKeyLen]
		}
		if len(key) != pagerduty.RoutingKeyLen {
			return fault.New(fault.InvalidConfig, "sandbox: pagerduty", "the routing key of %s has %d characters; want %d", service, len(key), pagerduty.RoutingKeyLen)
		}
		s.RoutingKeys[service] = key
	}
	if s.slackPath = o.SlackPath; s.slackPath == "" {
		s.slackPath = slacktest.NewPath()
	}
	if !slacktest.ValidPath(s.slackPath) {
		return fault.New(fault.InvalidConfig, "sandbox: slack", "the webhook's path is not /services/T.../B.../...")
	}
	s.PagerDuty = pagerdutytest.New(pagerdutytest.Options{Services: s.RoutingKeys, Now: o.Now})
	s.Slack = slacktest.New(slacktest.Options{Path: s.slackPath, Channels: SlackChannels, Now: o.Now})
	return nil
}

// receivers serves both. Slack's path is a secret, so faults know its calls as "webhook".
func (s *Sandbox) receivers() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(pagerdutytest.Path, s.Faults.Middleware(pagerdutyUpstream, nil, s.PagerDuty))
	mux.Handle("/services/", s.Faults.Middleware(slackUpstream, func(*http.Request) string { return "webhook" }, s.Slack))
	return mux
}

//go:embed alerts.html faults.html
var pages embed.FS

var alertsTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pages, "alerts.html")) })

// alertsPage shows incidents and messages, the newest first.
func (s *Sandbox) alertsPage(w http.ResponseWriter, _ *http.Request) {
	pd, sl := s.PagerDuty.Record(), s.Slack.Record()
	slices.Reverse(pd.Incidents)
	slices.Reverse(sl.Messages)
	page(w, alertsTemplate(), map[string]any{"PagerDuty": pd, "Slack": sl})
}

// page writes a page of ours, whole or not at all.
func page(w http.ResponseWriter, t *template.Template, data any) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = b.WriteTo(w) // the reader went away
}
