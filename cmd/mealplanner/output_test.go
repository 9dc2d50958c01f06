package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// hostile steers a terminal, turns its writing, and forges a line and a cell.
const hostile = "Evil\x1b[2J\x1b]0;owned\x07\u009b31m \u202egnp.exe\u2066 \u200f\nFORGED line\tcell\r\u2028FORGED again"

// leaves are the commands that can be run, by their words.
func leaves(n *kong.Node) map[string]*kong.Node {
	out := map[string]*kong.Node{}
	var walk func(*kong.Node, string)
	walk = func(n *kong.Node, path string) {
		for _, c := range n.Children {
			if c.Type == kong.CommandNode && !c.Hidden {
				walk(c, strings.TrimSpace(path+" "+c.Name))
			}
		}
		if len(n.Children) == 0 {
			out[path] = n
		}
	}
	walk(n, "")
	return out
}

func flagOf(n *kong.Node, name string) *kong.Flag {
	i := slices.IndexFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return n.Flags[i]
}

var listsOrShows = regexp.MustCompile(`^(List|Show|Per |Ask|Say who|Name the|See|Check)`)

// TestListsHaveTwoForms: what lists or shows does so for people and for programs.
func TestListsHaveTwoForms(t *testing.T) {
	t.Parallel()
	for path, n := range leaves(newParser(streams{}, nil).Model.Node) {
		if listsOrShows.MatchString(n.Help) && flagOf(n, "output") == nil {
			t.Errorf("%s (%s) has no --output", path, n.Help)
		}
	}
}

// desk is a database with a library, a user and a planned week, where every text that comes
// from elsewhere is hostile, and servers whose answers are.
type desk struct {
	t     *testing.T
	flags map[string]string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	box := program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})
	telemetry := httptest.NewServer(http.HandlerFunc(answerBadly))
	t.Cleanup(telemetry.Close)
	rotation := filepath.Join(t.TempDir(), "oncall.yml")
	if err := os.WriteFile(rotation, fmt.Appendf(nil, "time_zone: UTC\nstart: 2026-01-05 09:00\npeople: [{name: %q}]\ntiers: [{tier: 2, days: 7, people: [%q]}, {tier: 3, days: 7, people: [%q]}, {tier: 4, days: 7, people: [%q]}]\n", "Evil\x1b[2J", "Evil\x1b[2J", "Evil\x1b[2J", "Evil\x1b[2J"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &desk{t, map[string]string{
		"database-url": testpg.URL(t), "key": strings.Repeat("0f", 32),
		"smtp-host": box.Mail.SMTPAddr().IP.String(), "smtp-port": strconv.Itoa(box.Mail.SMTPAddr().Port),
		"smtp-username": sandbox.MailUser, "smtp-password": box.MailPassword, "smtp-encryption": "none",
		"alertmanager-url": telemetry.URL, "prometheus-url": telemetry.URL, "loki-url": telemetry.URL, "jaeger-url": telemetry.URL,
		"oncall-file": rotation, "generation-timeout": "60s", "generation-upstream-timeout": "20s",
	}}
	d.must("user add user_ana --email ana@example.org --protein 130 --fat 60 --carbs 190 --tandoor-url " + box.TandoorURL() + " --tandoor-token " + box.TandoorToken)
	d.exec("update recipes set data = jsonb_set(data, '{name}', to_jsonb($1 || (data ->> 'name')))", hostile)
	d.must("generate --user user_ana")
	d.must("mail send --user user_ana")
	d.must("job setting jobs.concurrency 3 --reason", hostile)
	d.must("mitigate pause-jobs --type AutoSync --force --reason", hostile)
	for _, sql := range []string{
		"update users set name = $1",
		"insert into webhooks (id, user_id, url, events, secret_sealed) select 'wh_evil', id, $1, '{plan.ready}', 's' from users",
		"insert into webhook_deliveries (webhook_id, event, message, problem, status) values ('wh_evil', 'ping', '{}', $1, 'failed')",
		"insert into api_tokens (user_id, digest, name, scopes) select id, 'd', $1, '{plan:read}' from users",
		"update connections set last_error = $1",
		"update outbox set last_error = $1, status = 'failed', subject = $1 where status = 'pending'",
		"update scheduled_jobs set last_error = $1",
		"insert into recipe_problems (connection_id, recipe_id, name, field, problem) select connection_id, recipe_id, $1, $1, $1 from recipes limit 1",
		"insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, scheduled_for, error_type, error_message, trace_id) select id, job_type, user_id, 1, 'scheduled', 1, 'failed', now(), 'Internal', $1, '' from scheduled_jobs where user_id is not null limit 1",
		`update recipes set data = jsonb_set(data, '{ingredients,0,food,name}', to_jsonb($1::text))`,
		"insert into food_answers (connection_id, food_key, food, is_food, answered_by) select connection_id, 'evil', $1, $1, $1 from recipes limit 1",
		`insert into invitations (user_id, email, digest, draft, expires_at) values ('user_bo', $1, 'x', jsonb_build_object('name', $1::text), now())`,
		"insert into alert_acknowledgements (silence_id, alert, labels, acknowledged_by, comment, expires_at) values ('s', $1, jsonb_build_object('api', $1::text), $1, $1, now())",
		"insert into alert_responses (fingerprint, starts_at, status, action, alert, labels, result, detail) values ('f', now(), 'firing', 'retry_jobs', $1, jsonb_build_object('api', $1::text), 'done', $1)",
	} {
		d.exec(sql, hostile)
	}
	return d
}

// answerBadly stands for Alertmanager, Prometheus, Loki and Jaeger.
func answerBadly(w http.ResponseWriter, r *http.Request) {
	labels := map[string]string{"alertname": hostile, "severity": "critical", "api": hostile}
	var answer any
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/v2/alerts"):
		answer = []any{map[string]any{"labels": labels, "annotations": map[string]string{"description": hostile}, "startsAt": time.Now(), "status": map[string]any{"state": "active"}}}
	case r.URL.Path == "/api/v1/query":
		answer = map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": []any{map[string]any{"metric": labels, "value": []any{1, "NaN"}}}}}
	case strings.HasPrefix(r.URL.Path, "/loki/"):
		answer = map[string]any{"status": "success", "data": map[string]any{"resultType": "streams", "result": []any{map[string]any{"stream": labels, "values": [][2]string{{"1764288000000000000", hostile}}}}}}
	case strings.HasPrefix(r.URL.Path, "/api/traces/"):
		answer = map[string]any{"data": []any{map[string]any{"spans": []any{map[string]any{
			"traceID": "t", "spanID": "s", "operationName": hostile, "startTime": 1, "duration": 2, "tags": []any{map[string]any{"key": "component", "value": hostile}},
		}}}}}
	default:
		http.Error(w, hostile, http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	pool, err := postgres.Open(d.t.Context(), postgres.Options{URL: d.flags["database-url"], Pool: "test", MaxConns: 1})
	if err != nil {
		d.t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// run runs a command line, with the settings that its command takes.
func (d *desk) run(line string, more ...string) (code int, out, errs string) {
	d.t.Helper()
	args := append(strings.Fields(line), more...)
	var node *kong.Node
	path := ""
	all := leaves(newParser(streams{}, nil).Model.Node)
	for _, w := range args {
		path = strings.TrimSpace(path + " " + w)
		if n := all[path]; n != nil {
			node = n
		}
	}
	if node == nil {
		d.t.Fatalf("%q names no command", line)
	}
	for name, value := range d.flags {
		if flagOf(node, name) != nil {
			args = append(args, "--"+name+"="+value)
		}
	}
	var stdout, stderr bytes.Buffer
	code = run(d.t.Context(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

func (d *desk) must(line string, more ...string) string {
	d.t.Helper()
	code, out, errs := d.run(line, more...)
	if code != fault.ExitOK && code != fault.ExitUnbalanced {
		d.t.Fatalf("%s exits %d\n%s%s", line, code, out, errs)
	}
	return out
}

// harmless fails when a text could steer a terminal or forged a line.
func (d *desk) harmless(line, text string) {
	d.t.Helper()
	for _, r := range text {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || strings.ContainsRune("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
			d.t.Errorf("%s writes %U:\n%.300q", line, r, text)
			return
		}
	}
	if strings.HasPrefix(line, "mail preview") { // the lines of a mail are not the command's
		return
	}
	for l := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(l), "FORGED") {
			d.t.Errorf("%s writes a line that is not ours: %q", line, l)
		}
	}
}

// listings are the commands with an --output: how they are called, and whether they show
// text of others here.
var listings = map[string]struct {
	args  []string
	shows bool
}{
	"alert list":      {nil, true},
	"alert ack":       {nil, true},
	"alert responses": {nil, true},
	"alert oncall":    {nil, true},
	"connection list": {nil, true},
	"connection test": {[]string{"default"}, false},
	"debug promql":    {[]string{"up"}, true},
	"debug logql":     {[]string{"{a=\"b\"}"}, true},
	"debug trace":     {[]string{strings.Repeat("0", 32)}, true},
	"debug sql":       {[]string{"select name, 1 as n from users"}, true},
	"diagnose":        {nil, true},
	"doctor":          {nil, false},
	"drill":           {nil, false},
	"generate":        {[]string{"--user=user_ana", "--dry-run"}, true},
	"job list":        {nil, true},
	"job history":     {nil, true},
	"job setting":     {nil, true},
	"food missing":    {[]string{"--user=user_ana"}, true},
	"invitation list": {nil, true},
	"key list":        {nil, false},
	"library answers": {[]string{"--user=user_ana"}, true},
	"mail preview":    {[]string{"--user=user_ana"}, true},
	"mail list":       {nil, true},
	"mail queue":      {nil, true},
	"mail stats":      {nil, false},
	"mitigate":        {[]string{"--log"}, true},
	"plan list":       {nil, false},
	"plan show":       {[]string{"user_ana"}, true},
	"shopping show":   {[]string{"user_ana"}, false},
	"token list":      {[]string{"user_ana"}, true},
	"user list":       {nil, true},
	"webhook list":    {[]string{"user_ana"}, true},
	"webhook log":     {[]string{"user_ana", "wh_evil"}, true},
	"user show":       {[]string{"user_ana"}, true},
}

// TestWhatIsListed runs every command that lists or shows, in both forms, and some that
// only speak, where every text of others is hostile.
func TestWhatIsListed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	snake := regexp.MustCompile(`^[a-z0-9_]+$`)
	all := leaves(newParser(streams{}, nil).Model.Node)
	for _, path := range slices.Sorted(maps.Keys(all)) { // in an order in which nothing hostile is mended
		if flagOf(all[path], "output") == nil {
			continue
		}
		c, ok := listings[path]
		if !ok {
			t.Errorf("%s is not tried", path)
			continue
		}
		_, table, errs := d.run(path, c.args...)
		d.harmless(path, table)
		d.harmless(path, errs)
		if c.shows != strings.Contains(table, "Evil") {
			t.Errorf("%s shows the text of others: %t, want %t\n%s%s", path, !c.shows, c.shows, table, errs)
		}
		_, text, errs := d.run(path, append(slices.Clone(c.args), "-o", "json")...)
		d.harmless(path+" -o json", text)
		var v any
		dec := json.NewDecoder(strings.NewReader(text))
		if err := dec.Decode(&v); err != nil {
			t.Errorf("%s -o json: %v\n%s%s", path, err, text, errs)
			continue
		}
		if _, err := dec.Token(); err != io.EOF {
			t.Errorf("%s -o json writes more than one value", path)
		}
		for _, name := range fieldNames(v) {
			if !snake.MatchString(name) {
				t.Errorf("%s -o json: field %q", path, name)
			}
		}
		if c.shows && !strings.Contains(text, "Evil") {
			t.Errorf("%s -o json shows less than the table:\n%s", path, text)
		}
	}
	for _, line := range []string{
		"generate --user user_ana", "user set user_ana --people 3", "import --problems", "mail send --user user_ana --type weekly_trends",
		"mail preview --user user_ana --html", "user delete user_ana", "job run weekly_generation:user_ana --wait 0s",
	} {
		_, out, errs := d.run(line)
		d.harmless(line, errs)
		if !strings.Contains(line, "--html") { // a file, byte for byte
			d.harmless(line, out)
		}
	}
}

// fieldNames are the field names of the outermost objects.
func fieldNames(v any) []string {
	switch v := v.(type) {
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, fieldNames(e)...)
		}
		return out
	case map[string]any:
		out := make([]string, 0, len(v))
		for k := range v {
			out = append(out, k)
		}
		return out
	}
	return nil
}

// TestCommandsWriteInOneWay: words go to a stream through printf, printLine or a table,
// which keep text of others on its line.
func TestCommandsWriteInOneWay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "output.go" || f == "listing.go" || f == "completion.go" || f == "progress.go" || f == "main.go" {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(src), "\n") {
			if strings.Contains(l, "fmt.Fprint") && !strings.Contains(l, "std.file()") || strings.Contains(l, "tabwriter.") {
				t.Errorf("%s:%d writes around printf: %s", f, i+1, strings.TrimSpace(l))
			}
		}
	}
}
