package walk

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

func TestThePageIsKnown(t *testing.T) {
	t.Parallel()
	p := Read(t)
	if got := p.Addresses; !slices.Equal(got, []string{"http://localhost:3000", "http://localhost:16686", "http://127.0.0.1:6060/trace/"}) {
		t.Errorf("its addresses are %q", got)
	}
	if n := len(p.Of(Prometheus, Jaeger, Loki)); n != 7 {
		t.Errorf("%d commands ask a server, want 7", n)
	}
}

// What the page has a reader look at in Grafana, which these tests lack, and what it has them
// make, exists: dashboards, panels, columns and links by their names, targets of make.
func TestWhatThePageNamesExists(t *testing.T) {
	t.Parallel()
	root := tree.Root()
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	page, makefile := read(filepath.Join(root, "docs", "observability.md")), read(filepath.Join(root, "Makefile"))
	files, _ := filepath.Glob(filepath.Join(root, "grafana", "*", "*.json")) // the pattern is good
	var grafana strings.Builder
	for _, f := range files {
		grafana.WriteString(read(f))
	}
	named := regexp.MustCompile(`(?:^|[^*])\*([A-Z][A-Za-z ]+)\*`).FindAllStringSubmatch(page, -1)
	made := regexp.MustCompile("`make ([a-z0-9-]+)").FindAllStringSubmatch(page, -1)
	if len(named) < 20 || len(made) < 6 {
		t.Errorf("%d names and %d targets only", len(named), len(made))
	}
	for _, m := range named {
		if !strings.Contains(grafana.String(), `"`+m[1]+`"`) {
			t.Errorf("Grafana shows nothing of the name %q", m[1])
		}
	}
	for _, m := range made {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("make %s does not exist", m[1])
		}
	}
}

func TestAnUnknownCommandIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Do this:\n\n    rm -rf /data\n":                          `"rm -rf /data"`,
		"    make build\n    then this\n":                         `"then this"`,
		"    curl -s http://127.0.0.1:9090/x\n":                   "no test knows what",
		"Nothing to type, but <http://localhost:3000> to open.\n": "is left",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestTheReadersShell(t *testing.T) {
	t.Parallel()
	r := Reader{Places: map[string]string{"127.0.0.1:9090": "127.0.0.1:20001"}}
	page := Page{Commands: []Command{
		{Prometheus, "TRACE=$(printf %032d 7); echo $TRACE # query_exemplars"},
		{Loki, "exit 1"},
		{Jaeger, `test $TRACE -eq 7 && test 127.0.0.1:9090 = 127.0.0.1:20001; echo '{"url.full":"http://x/api/recipe/","http.response.status_code":200}'`},
	}}
	trace := strings.Repeat("0", 31) + "7"
	if got := r.Follow(t, page, Prometheus, Jaeger); got != trace {
		t.Errorf("the trace is %q", got)
	}
	if out, err := r.Command(t.Context(), "echo $TRACE http://127.0.0.1:9090").Output(); err != nil || string(out) != trace+" http://127.0.0.1:20001\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// A port of the test may begin with one of the page.
func TestPlacesAreTakenOnce(t *testing.T) {
	t.Parallel()
	r := Reader{Places: map[string]string{"localhost:3000": "127.0.0.1:60601", "127.0.0.1:6060": "127.0.0.1:40000"}}
	for range 20 { // whichever of them is first
		if got := r.Place("http://localhost:3000/x http://127.0.0.1:6060/y"); got != "http://127.0.0.1:60601/x http://127.0.0.1:40000/y" {
			t.Fatal(got)
		}
	}
}
