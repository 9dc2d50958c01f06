package api_test

import (
	"bytes"
	"flag"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/web/api"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	base, err := url.Parse("https://meals.example.org/below")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.New(api.Ports{}, base, time.Now, slog.New(slog.DiscardHandler)).Register(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w
}

// The page tells of every operation, each with a command to copy; it needs no script and nothing
// of other sites, and stands below a proxy's prefix.
func TestThePageTellsOfEveryOperation(t *testing.T) {
	t.Parallel()
	w := get(t, "/api")
	page := html.UnescapeString(w.Body.String())
	ids := regexp.MustCompile(`"operationId":"(\w+)"`).FindAllStringSubmatch(get(t, "/api/openapi.json").Body.String(), -1)
	if len(ids) < 25 {
		t.Errorf("%d operations", len(ids))
	}
	for _, id := range ids {
		if !strings.Contains(page, `<article id="`+id[1]+`">`) {
			t.Errorf("the page lacks %s", id[1])
		}
	}
	curls := regexp.MustCompile(`<code>(curl [^<]*)</code>`).FindAllStringSubmatch(page, -1)
	if len(curls) != len(ids) {
		t.Errorf("%d commands for %d operations", len(curls), len(ids))
	}
	for _, c := range curls {
		if strings.ContainsAny(c[1], "{}") && !strings.Contains(c[1], "-d '{") || !strings.Contains(c[1], "https://meals.example.org/below/api/v1/") || strings.Contains(c[1], "<nil>") {
			t.Errorf("a command that does not work: %s", c[1])
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") || !strings.Contains(page, `href="/below/api/api.css"`) || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page's head: %v\n%.600s", w.Header(), page)
	}
}

var documents = flag.String("documents", "", "a folder to write the document to, for its linter and for the client of tools/apiclient")

// The document that older generators read lacks no operation. With -documents both are written.
func TestTheDocumentForOlderGenerators(t *testing.T) {
	t.Parallel()
	old := get(t, "/api/openapi-3.0.json").Body.Bytes()
	id := regexp.MustCompile(`"operationId":`)
	if n, want := len(id.FindAll(old, -1)), len(id.FindAll(get(t, "/api/openapi.json").Body.Bytes(), -1)); n != want || !bytes.Contains(old, []byte(`"openapi":"3.0.3"`)) {
		t.Errorf("%d operations, want %d: %.200s", n, want, old)
	}
	if *documents == "" {
		return
	}
	if err := os.MkdirAll(*documents, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"openapi-3.0.json": old, "openapi.yaml": get(t, "/api/openapi.yaml").Body.Bytes()} {
		if err := os.WriteFile(filepath.Join(*documents, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
