//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// outside counts what passes between the program and its upstreams, from a place that
// the program knows nothing of: a proxy in front of each.
type outside struct {
	mu    sync.Mutex
	calls map[call]int
	bytes int64
}

// call is one kind of request. Probes are no calls.
type call struct{ api, endpoint, status string }

func newOutside() *outside { return &outside{calls: map[call]int{}} }

// counts are the calls by API, endpoint and status, by API and endpoint, and by API, and the bytes
// received.
func (o *outside) counts() (byCall, byEndpoint, byAPI map[string]float64, received int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	byCall, byEndpoint, byAPI = map[string]float64{}, map[string]float64{}, map[string]float64{}
	for c, n := range o.calls {
		byCall[c.String()] += float64(n)
		byEndpoint[c.api+" "+c.endpoint] += float64(n)
		byAPI[c.api] += float64(n)
	}
	return byCall, byEndpoint, byAPI, o.bytes
}

// proxy stands before an upstream and returns its own address.
func (o *outside) proxy(t *testing.T, api, target string) string {
	t.Helper()
	to, err := url.Parse(target)
	must(t, err)
	rp := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // FatSecret's signature covers it
		},
		ModifyResponse: func(resp *http.Response) error {
			c := call{api, "", strconv.Itoa(resp.StatusCode)}
			resp.Body = &watched{ReadCloser: resp.Body, done: func(n int64, body string) { o.count(resp.Request, c, n, body) }}
			return nil
		},
		// A broken connection is passed on as one.
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, _ error) {
			status := "network_error"
			if r.Context().Err() != nil {
				status = "timeout" // the program hung up
			}
			o.count(r, call{api, "", status}, 0, "")
			panic(http.ErrAbortHandler)
		},
	}
	// FatSecret's method stands in the form.
	noting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body)) // Tandoor's bodies are no forms
		rp.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), methodKey{}, form.Get("method"))))
	})
	ln := listen(t)
	srv := &http.Server{Handler: noting, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return "http://" + ln.Addr().String()
}

type methodKey struct{}

var (
	listed   = regexp.MustCompile(`^/api/([a-z-]+)/$`)
	detailed = regexp.MustCompile(`^/api/recipe/\d+/$`)
)

var vendorError = regexp.MustCompile(`"error":\s*\{\s*"code":\s*(\d+)`)

func (o *outside) count(r *http.Request, c call, n int64, body string) {
	switch c.api {
	case "tandoor":
		if r.Header.Get("Authorization") == "" {
			return // a probe
		}
		switch path := r.URL.Path; {
		case path == "/api/recipe/flat/":
			c.endpoint = "recipe_flat"
		case path == "/api/space/current/":
			c.endpoint = "space"
		case detailed.MatchString(path):
			c.endpoint = "recipe_detail"
		default:
			c.endpoint = strings.ReplaceAll(listed.ReplaceAllString(path, "${1}_list"), "-", "_")
		}
	default:
		method, _ := r.Context().Value(methodKey{}).(string)
		if method == "" {
			return // a probe: it has no method
		}
		c.endpoint = method
		if m := vendorError.FindStringSubmatch(body); m != nil {
			c.status = map[string]string{"11": "429", "12": "429", "14": "503", "1": "503"}[m[1]]
			if c.status == "" {
				c.status = "code " + m[1]
			}
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[c]++
	o.bytes += n
}

// watched tells how many bytes of a body passed, and the beginning of it.
type watched struct {
	io.ReadCloser
	n    int64
	head []byte
	once sync.Once
	done func(n int64, head string)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.n += int64(n)
	if len(w.head) < 1000 {
		w.head = append(w.head, p[:n]...)
	}
	return n, err
}

func (w *watched) Close() error {
	w.once.Do(func() { w.done(w.n, string(w.head)) })
	return w.ReadCloser.Close()
}

func (c call) String() string { return fmt.Sprintf("%s %s %s", c.api, c.endpoint, c.status) }
