package dashboards

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	dir       = "grafana/dashboards"
	provision = "grafana/provisioning/datasources/datasources.yaml"
)

var root = os.DirFS("../../..")

func load(t *testing.T) []Dashboard {
	t.Helper()
	return loadFrom(t, root)
}

func loadFrom(t *testing.T, fsys fs.FS) []Dashboard {
	t.Helper()
	all, err := Load(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := fs.ReadFile(root, file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func migrations(t *testing.T) string {
	t.Helper()
	files, err := fs.Glob(root, "pkg/postgres/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: %v, %v", files, err)
	}
	var all strings.Builder
	for _, f := range files {
		all.WriteString(read(t, f))
	}
	return all.String()
}

func TestStructure(t *testing.T) {
	t.Parallel()
	sources := Sources(read(t, provision))
	for uid, kind := range map[string]string{
		"prometheus": "prometheus", "loki": "loki", "jaeger": "jaeger",
		"postgres": "grafana-postgresql-datasource", "alertmanager": "alertmanager",
	} {
		if sources[uid].Type != kind {
			t.Errorf("data source %s: %+v", uid, sources[uid])
		}
	}
	for _, finding := range CheckStructure(load(t), sources, migrations(t)) {
		t.Error(finding)
	}
}

// Grafana puts the environment's value in place of every $ that is not doubled.
func TestProvisioningReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	want := []string{"${PROMETHEUS_URL}", "${LOKI_URL}", "${JAEGER_URL}", "${POSTGRES_HOST}", "${GRAFANA_DB_PASSWORD}", "${ALERTMANAGER_URL}"}
	text := strings.ReplaceAll(read(t, provision), "$$", "")
	if got := regexp.MustCompile(`\$(\{\w+\})?`).FindAllString(text, -1); !slices.Equal(got, want) {
		t.Errorf("reads %q; want %q", got, want)
	}
}

// planted is a copy of the tree with one text of one dashboard replaced.
func planted(t *testing.T, uid, old, replacement string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, d := range load(t) {
		text := string(d.raw)
		if d.UID == uid {
			if !strings.Contains(text, old) {
				t.Fatalf("%s does not contain %s", uid, old)
			}
			text = strings.Replace(text, old, replacement, 1)
		}
		files[dir+"/"+d.UID+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestStructureFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	sources, schema := Sources(read(t, provision)), migrations(t)
	for name, c := range map[string]struct{ old, replacement, want string }{
		"dead uid":        {`"value": "prometheus"`, `"value": "gone"`, `variable prometheus: "gone" is no data source`},
		"fixed uid":       {"\"y\": 0,\n        \"w\": 12,\n        \"h\": 9\n      },\n      \"datasource\": {\n        \"type\": \"prometheus\",\n        \"uid\": \"${prometheus}\"", "\"y\": 0, \"w\": 12, \"h\": 9}, \"datasource\": {\"type\": \"prometheus\", \"uid\": \"prometheus\"", "no variable's data source is {prometheus prometheus}"},
		"no such label":   {", user_id)", ", user)", "variable user: generation_macro_balance_success_rate has no label user"},
		"no such metric":  {"label_values(service_up", "label_values(service_is_up", "variable environment: no metric service_is_up"},
		"no change note":  {`"version": 5`, `"version": 6`, "Version 6: ..."},
		"lost variable":   {"%22${loki}%22", "%22${logs}%22", "no variable ${logs}"},
		"no such stream":  {"Bservice_name", "Bservice", "does not select by an index label"},
		"not for Explore": {"panes=%7B", "panes=", "panes: "},
		"id used twice":   {`"id": 2,`, `"id": 1,`, "id missing or used twice"},
		"overlap":         {`"y": 9,`, `"y": 8,`, "covers"},
		"too wide":        {`"w": 12,`, `"w": 25,`, "outside the grid"},
		"no description":  {`"description": "Failed weekly`, `"description": "", "was": "Failed weekly`, "needs a title and a description"},
		"formatting":      {`"refresh": "1m"`, `"refresh":"1m"`, "not formatted"},
		"unused variable": {`"name": "environment"`, `"name": "nobody"`, "variable nobody is not used"},
		"late exemplars":  {`"legendFormat": "p95",`, `"legendFormat": "p95", "exemplar": true,`, "target B: Grafana shows exemplars of the first target only"},
		"NaN":             {` >= 0 or`, ` or`, "target A: NaN is shown"},
		"no sisters":      {`"type": "dashboards"`, `"type": "link"`, "sisters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := loadFrom(t, planted(t, "generation-engine", c.old, c.replacement))
			if got := strings.Join(CheckStructure(all, sources, schema), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("found %q; want %q", got, c.want)
			}
		})
	}
	dead := Sources(strings.Replace(read(t, provision), "datasourceUid: jaeger", "datasourceUid: tempo", 1))
	if got := CheckStructure(nil, dead, ""); len(got) != 1 || !strings.Contains(got[0], `leads to "tempo"`) {
		t.Errorf("a dead link: %q", got)
	}
	noView := loadFrom(t, planted(t, "scheduler", "FROM grafana.job_execution_history", "FROM grafana.nobody"))
	if got := strings.Join(CheckStructure(noView, sources, schema), "\n"); !strings.Contains(got, "no migration makes grafana.nobody") {
		t.Errorf("a view that is not there: found %q", got)
	}
}

func TestDocumentFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ panel, old, replacement, want string }{
		"colour":    {"Generation Latency", `"fixedColor": "yellow"`, `"fixedColor": "blue"`, "p95 colour: got blue, want yellow"},
		"target":    {"Generation Latency", "\"value\": 1\n", "\"value\": 2\n", "thresholds: got transparent, red 2"},
		"no line":   {"Generation Latency", `"mode": "line"`, `"mode": "off"`, "custom thresholdsStyle"},
		"neutral":   {"Macro Balance Success", "\"value\": 0\n", "\"value\": 0.1\n", "thresholds: got text, red 0.1"},
		"unit":      {"Generation Latency", `"unit": "s"`, `"unit": "ms"`, "unit: got ms, want s"},
		"type":      {"Error Distribution", `"type": "piechart"`, `"type": "stat"`, "type: got stat, want piechart"},
		"title":     {"Error Distribution", `"title": "Error Distribution"`, `"title": "Errors"`, "no such panel"},
		"sparkline": {"Macro Balance Success", `"graphMode": "area"`, `"graphMode": "none"`, "option graphMode"},
		"legend":    {"Success vs Failure Rate", `"legendFormat": "Failures"`, `"legendFormat": "Failed"`, "no field Failures"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := loadFrom(t, planted(t, "generation-engine", c.old, c.replacement))
			var got []string
			for _, d := range document {
				if d.title == c.panel {
					got = d.differences(all)
				}
			}
			if all := strings.Join(got, "\n"); !strings.Contains(all, c.want) {
				t.Errorf("found %q; want %q", all, c.want)
			}
		})
	}
}
