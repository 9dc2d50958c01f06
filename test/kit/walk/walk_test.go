package walk

import (
	"slices"
	"strings"
	"testing"
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
