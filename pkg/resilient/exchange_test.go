package resilient_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/resilient"
)

func TestExchange(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.Copy(w, r.Body)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		}
	}))
	defer srv.Close()
	exchange := func(path string, body any, limit int64) (*http.Response, string, error) {
		t.Helper()
		req, err := resilient.JSON(t.Context(), http.MethodPost, srv.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		resp, answer, err := resilient.Exchange(srv.Client(), req, limit)
		return resp, string(answer), err
	}
	value := map[string]int{"a": 1}
	if resp, body, err := exchange("/echo", value, 7); err != nil || body != `{"a":1}` || resp.StatusCode != http.StatusTeapot || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%q, %v", body, err)
	}
	if resp, body, err := exchange("/echo", nil, 7); err != nil || body != "" || resp.Header.Get("Content-Type") != "" {
		t.Errorf("without a body: %q, %v", body, err)
	}
	if resp, _, err := exchange("/echo", value, 6); resp == nil || !errors.Is(err, resilient.ErrBodyTooLarge) {
		t.Errorf("a byte too many: %v", err)
	}
	if resp, body, err := exchange("/cut", nil, 7); resp == nil || body != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %q, %v", body, err)
	}
	if _, err := resilient.JSON(t.Context(), http.MethodPost, srv.URL, func() {}); err == nil {
		t.Error("a function became JSON")
	}
	srv.Close()
	if resp, _, err := exchange("/echo", value, 7); resp != nil || err == nil {
		t.Errorf("nobody there: %v", err)
	}
}
