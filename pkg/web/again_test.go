package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mealplanner/mealplanner/pkg/web"
)

// pressing posts forms to a page that counts them, and takes a second for each.
type pressing struct {
	http.Handler
	done atomic.Int64
}

func newPressing() *pressing {
	p := &pressing{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{what}", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			http.Error(w, "given up", http.StatusServiceUnavailable)
			return
		}
		n := p.done.Add(1)
		body, _ := io.ReadAll(r.Body)
		switch r.PathValue("what") {
		case "refused":
			w.WriteHeader(http.StatusUnprocessableEntity)
		case "undone":
			w.Header().Set("Undone", "yes")
			w.WriteHeader(http.StatusSeeOther)
		case "broken":
			panic("broken")
		}
		http.SetCookie(w, &http.Cookie{Name: "n", Value: strconv.FormatInt(n, 10)})
		fmt.Fprintf(w, "%d %s", n, body)
	})
	p.Handler = web.Again{Now: time.Now}.Wrap(mux)
	return p
}

func (p *pressing) post(ctx context.Context, path, form string, header ...string) string {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }()
		p.ServeHTTP(w, r)
	}()
	return fmt.Sprint(w.Code, " ", w.Body, " ", w.Header().Get("Set-Cookie"), " ", r.Pattern)
}

func TestAFormPressedTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	const first = "200 1 a=b n=1 POST /{what}"
	synctest.Test(t, func(t *testing.T) {
		p := newPressing()
		ctx, leave := context.WithCancel(t.Context())
		go p.post(ctx, "/x", "a=b") // the browser forgets it
		synctest.Wait()
		leave()
		answers := make(chan string, 2)
		for range cap(answers) {
			go func() { answers <- p.post(t.Context(), "/x", "a=b") }()
		}
		for range cap(answers) {
			if got := <-answers; got != first {
				t.Errorf("while it is carried out: %q", got)
			}
		}
		time.Sleep(2 * time.Second)
		if got := p.post(t.Context(), "/x", "a=b"); got != first {
			t.Errorf("soon after: %q", got)
		}
		time.Sleep(2 * time.Second)
		if got := p.post(t.Context(), "/x", "a=b"); !strings.HasPrefix(got, "200 2 a=b") {
			t.Errorf("later: %q", got)
		}
	})
}

func TestAnotherFormIsAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPressing()
		for i, x := range []struct {
			path, form string
			header     []string
		}{
			{"/x", "a=b", nil},
			{"/x", "a=c", nil},
			{"/x", "a=b", nil}, // in between something else was posted
			{"/y", "a=b", nil},
			{"/x?z", "a=b", nil},
			{"/x?z", "a=b", []string{"Cookie", "c=d"}},
			{"/x?z", "a=b", []string{"User-Agent", "other"}},
			{"/x?z", "a=b", []string{"Sec-Fetch-Site", "cross-site"}},
			{"/x", "a=b", []string{"Accept", "application/json"}},
			{"/x", "a=b", []string{"Accept", "application/json"}},
			{"/x", "", nil},
			{"/x", strings.Repeat("a", 70_000), nil},
			{"/x", strings.Repeat("a", 70_000), nil},
		} {
			want := fmt.Sprintf("200 %d %s", i+1, x.form)
			if got := p.post(t.Context(), x.path, x.form, x.header...); !strings.HasPrefix(got, want) {
				t.Errorf("%s %.10s %v: %.40q, want %.40q", x.path, x.form, x.header, got, want)
			}
		}
	})
}

// What was refused is tried again, and what broke is not waited for in vain.
func TestWhatFailedIsPressedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPressing()
		for i, x := range []struct {
			path   string
			status int
		}{{"/refused", 422}, {"/refused", 422}, {"/undone", 303}, {"/undone", 303}} {
			if got, want := p.post(t.Context(), x.path, "a=b"), fmt.Sprintf("%d %d", x.status, i+1); !strings.HasPrefix(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		ends := make(chan string, 3)
		for range cap(ends) {
			go func() { ends <- p.post(t.Context(), "/broken", "") }()
		}
		for range cap(ends) {
			<-ends
		}
		if n := p.done.Load(); n != 7 {
			t.Errorf("carried out %d times", n)
		}
	})
}

// However many browsers post: of each only what it posted last is answered as before.
func TestManyBrowsersPressAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPressing()
		const crowd = 512
		go p.post(t.Context(), "/x", "a=b", "User-Agent", "early")
		synctest.Wait()
		for i := range crowd {
			go p.post(t.Context(), "/x", "a=b", "User-Agent", strconv.Itoa(i))
		}
		time.Sleep(1500 * time.Millisecond)
		p.post(t.Context(), "/x", "a=c", "User-Agent", "early") // it means something else now
		if got, want := p.post(t.Context(), "/x", "a=b", "User-Agent", "early"), fmt.Sprint("200 ", crowd+3); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
