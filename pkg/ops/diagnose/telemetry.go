package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// lookAtTelemetry looks for what does not arrive. While Prometheus does not answer, that
// is what there is to say.
func (c *investigation) lookAtTelemetry(ctx context.Context) ([]Finding, error) {
	if _, err := c.Metrics.Query(ctx, "vector(1)"); err != nil {
		if ctx.Err() != nil || fault.KindOf(err) == fault.InvalidConfig { // none is configured
			return nil, err
		}
		return []Finding{{Cause: "Prometheus does not answer", Evidence: []string{oneLine(err.Error())}}}, nil
	}
	silent, err := c.query(ctx, `label_replace(absent(service_up), "source", "services", "", "") or label_replace(absent(otelcol_process_memory_rss), "source", "collector", "", "")`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	switch missing := by(silent, "source"); len(missing) {
	case 2:
		out = append(out, Finding{Cause: "no metrics arrive, neither of our services nor of the Collector: the Collector is down, or does not reach Prometheus"})
	case 1:
		cause := "no metrics of our services arrive, but the Collector's do: the services are down, or do not reach the Collector"
		if _, ok := missing["collector"]; ok {
			cause = "no metrics of the Collector itself arrive, but our services' do: its own export is broken"
		}
		out = append(out, Finding{Cause: cause})
	}
	down, err := c.query(ctx, "min by (job) (up) == 0")
	if err != nil {
		return nil, err
	}
	for _, s := range down {
		f := Finding{Cause: s.Labels["job"] + " does not answer Prometheus"}
		since, err := c.query(ctx, `max by (job) (max_over_time((timestamp(up{job=%q} == 1))[%s:15s]))`, s.Labels["job"], span(max(c.Window, time.Hour)))
		if err != nil {
			return nil, err
		}
		for _, x := range since {
			f.Evidence = []string{"it answered last at " + clock(time.UnixMilli(int64(1000*x.Value)))}
		}
		out = append(out, f)
	}
	return out, nil
}

func (c *investigation) lookAtOverflow(ctx context.Context) ([]Finding, error) {
	over, err := c.query(ctx, `count by (__name__, service_name) ({otel_metric_overflow="true"})`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range over {
		out = append(out, Finding{
			Cause:    s.Labels["__name__"] + " has more series than its limit: what is new goes into one",
			Evidence: []string{"sent by " + cmp.Or(s.Labels["service_name"], "an unnamed service")},
		})
	}
	return out, nil
}

// queueFull is the share of a queue of the Collector's from which on it is worth a word.
const queueFull = 0.5

// lookAtLosses looks for telemetry and notifications that were given up, and for queues
// that will soon have to.
func (c *investigation) lookAtLosses(ctx context.Context) ([]Finding, error) {
	var out []Finding
	type loss struct{ expr, label, cause, evidence string }
	asked := []loss{
		{`sum by (reason) (increase(loki_discarded_samples_total[%s])) > 0`, "reason", "Loki discards lines: %s", "%s lines"},
		{`sum by (job) (increase({__name__=~"otel_sdk_(exporter_(span|metric_data_point|log)_exported|processor_(span|log)_processed)", error_type!=""}[%s])) > 0`, "job", "%s does not get rid of its telemetry: the Collector is away or refuses it", "%s spans, samples or lines were given up"},
		{`sum by (integration) (increase(alertmanager_notifications_failed_total{integration=~"pagerduty|slack"}[%s])) > 0`, "integration", "%s does not take notifications", "%s of them failed: the reason is in Alertmanager's log"},
	}
	for _, signal := range []string{"spans", "metric_points", "log_records"} {
		asked = append(asked,
			loss{"sum by (exporter) (increase(otelcol_exporter_send_failed_" + signal + "[%s])) > 0", "exporter", "the backend of %s refuses what the Collector sends", "%s " + signal + " were given up: its answer is in the Collector's log"},
			loss{"sum by (exporter) (increase(otelcol_exporter_enqueue_failed_" + signal + "[%s])) > 0", "exporter", "the Collector's queue of %s is full", "%s " + signal + " were not queued"},
		)
	}
	for _, q := range asked {
		lost, err := c.query(ctx, q.expr, span(c.Window))
		if err != nil {
			return nil, err
		}
		if len(lost) == 0 {
			continue
		}
		recent, err := c.query(ctx, q.expr, span(c.recent))
		if err != nil {
			return nil, err
		}
		lately := by(recent, q.label)
		for _, s := range lost {
			out = append(out, Finding{
				Cause:    fmt.Sprintf(q.cause, s.Labels[q.label]),
				Evidence: []string{fmt.Sprintf(q.evidence, strconv.FormatFloat(math.Ceil(s.Value), 'f', -1, 64))},
				past:     lately[s.Labels[q.label]] == 0,
			})
		}
	}
	full, err := c.query(ctx, "max by (exporter) (otelcol_exporter_queue_size) / max by (exporter) (otelcol_exporter_queue_capacity) > %g", queueFull)
	for _, s := range full {
		out = append(out, Finding{Cause: fmt.Sprintf("the Collector's queue of %s is filling: its backend is away or slow", s.Labels["exporter"]), Evidence: []string{fmt.Sprintf("it is %.0f %% full", 100*s.Value)}})
	}
	return out, err
}

// diskFull is the share of a disk from which on it is worth a word: that of DiskSpaceLow.
const diskFull = 0.9

// lookAtDisks looks for disks that are nearly full, each with the places where it is mounted.
func (c *investigation) lookAtDisks(ctx context.Context) ([]Finding, error) {
	full, err := c.query(ctx, `max by (system_device, system_filesystem_mountpoint) (system_filesystem_utilization{system_filesystem_mode="rw"}) > %g`, diskFull)
	if err != nil {
		return nil, err
	}
	var out []Finding
	of := map[string]int{} // disk -> its finding
	for _, s := range full {
		disk := s.Labels["system_device"]
		if _, ok := of[disk]; !ok {
			of[disk] = len(out)
			out = append(out, Finding{Cause: fmt.Sprintf("the disk %s is nearly full", disk)})
		}
		f := &out[of[disk]]
		f.Evidence = append(f.Evidence, fmt.Sprintf("%s is %.1f %% full", s.Labels["system_filesystem_mountpoint"], 100*s.Value))
	}
	return out, nil
}
