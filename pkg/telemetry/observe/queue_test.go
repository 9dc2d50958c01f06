package observe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// An hour without a database, told by River every second, is a line every five minutes and
// kind of trouble, with the fields that our errors have.
func TestQueueLogOfAnOutage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	log := observe.NewQueueLog(slog.New(slog.NewJSONHandler(&out, nil)), func() time.Time { return now })
	for range 3600 {
		log.Info("producer: Heartbeat")
		log.Error("producer: Error fetching jobs", "err", errors.New("no connection:\n\tdial"), "queue", "default")
		log.With("client_id", "a").Error("leadership.Elector: Error attempting to elect", "error", "no connection")
		now = now.Add(time.Second)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2*12 {
		t.Fatalf("%d lines in an hour, want 24", len(lines))
	}
	for _, l := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(l), &got); err != nil {
			t.Fatal(err)
		}
		if got["component"] != "scheduler" || got["error_type"] != "DatabaseError" || !strings.HasPrefix(got["error_message"].(string), "no connection") || strings.Contains(l, `\n`) {
			t.Errorf("line: %s", l)
		}
	}

	out.Reset()
	for id := range 3 { // of each job for itself
		log.Warn("JobRescuer: Rescued", "job_id", id)
	}
	if n := strings.Count(out.String(), "queue_id"); n != 3 || strings.Contains(out.String(), `"job_id"`) {
		t.Errorf("3 jobs: %s", out.String())
	}
}
