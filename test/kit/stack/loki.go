//go:build linux

package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
)

// findLoki returns the executable of Loki, which is not built here: LOKI_BIN, PATH, or the
// tools' cache, in this order; "" when there is none.
func findLoki(cached string) (string, error) {
	if file := os.Getenv("LOKI_BIN"); file != "" {
		path, err := exec.LookPath(file)
		if err != nil {
			return "", fmt.Errorf("LOKI_BIN: %w; unset it to do without Loki", err)
		}
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath(Loki); err == nil {
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath(cached); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return "", nil
}

// Selection chooses log lines.
type Selection struct {
	Service string            // a pattern that the whole service_name matches
	Fields  map[string]string // labels and structured metadata, under Loki's names
}

func (s Selection) logQL() string {
	var b strings.Builder
	fmt.Fprintf(&b, "{service_name=~%q}", s.Service)
	for _, k := range slices.Sorted(maps.Keys(s.Fields)) {
		fmt.Fprintf(&b, " | %s=%q", k, s.Fields[k])
	}
	return b.String()
}

// maxLines is the most that Loki answers.
const maxLines = 5000

// LogStore keeps the lines that the Collector exports.
type LogStore interface {
	// Find returns at most maxLines lines since a time.
	Find(ctx context.Context, s Selection, since time.Time) ([]telemetryapi.Line, error)
	// Count is how many lines of the last hour there are.
	Count(ctx context.Context, s Selection) (int, error)
	// Bytes is how much has been received, lines and structured metadata.
	Bytes(ctx context.Context) (float64, error)
}

// Lines is who keeps the lines: the real Loki, or the sink in its place.
func (s *Stack) Lines() LogStore {
	if s.sink != nil {
		return s.sink
	}
	return realLoki{s.Ports}
}

type realLoki struct{ p Ports }

func (l realLoki) Find(ctx context.Context, s Selection, since time.Time) ([]telemetryapi.Line, error) {
	return l.p.Logs().Lines(ctx, s.logQL(), since, maxLines)
}

func (l realLoki) Count(ctx context.Context, s Selection) (int, error) {
	n, err := l.p.LogCount(ctx, fmt.Sprintf("sum(count_over_time(%s [1h]))", s.logQL()))
	return int(n), err
}

var received = regexp.MustCompile(`(?m)^loki_distributor_bytes_received_total\{[^}]*\} (\S+)$`)

func (l realLoki) Bytes(ctx context.Context) (float64, error) {
	page, err := fetch(ctx, l.p.URL(Loki)+"/metrics")
	sum := 0.0
	for _, m := range received.FindAllSubmatch(page, -1) {
		v, perr := strconv.ParseFloat(string(m[1]), 64)
		sum, err = sum+v, errors.Join(err, perr)
	}
	return sum, err
}

// LogCount evaluates a LogQL metric query now and adds the results up. It needs the real
// Loki.
func (p Ports) LogCount(ctx context.Context, expr string) (float64, error) {
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := get(ctx, p.URL(Loki)+"/loki/api/v1/query", url.Values{"query": {expr}}, &answer); err != nil {
		return 0, fmt.Errorf("%s: %w", expr, err)
	}
	sum := 0.0
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}
