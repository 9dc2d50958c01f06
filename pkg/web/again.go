package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Again answers a form that a browser posts twice, as a double click does, both times with the answer
// to the first: nothing is done twice, and nobody reads that a link was used before whose answer the
// browser has thrown away. A form that was begun is finished, though the browser no longer waits.
// What did nothing is not answered so, once its answer is out: who presses again wants it tried again.
// That is an error, and an answer with the header Undone.
type Again struct {
	Proxies []netip.Prefix // whose X-Forwarded-For is trusted
	Now     func() time.Time
}

// undone is the header of an answer that leads to another page to say there why nothing was done.
// Browsers do not get it.
const undone = "Undone"

const (
	pressedAgain = 3 * time.Second // after an answer: who posts later means it
	longestPress = 64 << 10        // bytes of a form
	longestKept  = 128 << 10       // bytes of an answer
	mostPresses  = 512             // that are kept
)

// Wrap is next, with forms that are posted twice answered once. Programs have keys of their own for
// this, scripts send what they sent before on purpose.
func (a Again) Wrap(next http.Handler) http.Handler {
	all := &presses{newest: map[digestOf]*press{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.Header.Get("Accept") == "application/json" || strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		form, err := io.ReadAll(io.LimitReader(r.Body, longestPress))
		r.Body = rest{io.MultiReader(bytes.NewReader(form), r.Body), r.Body}
		if err != nil || len(form) == longestPress {
			next.ServeHTTP(w, r)
			return
		}
		browser := sumOf(clientOf(r, a.Proxies).String(), r.Header.Get("Cookie"), r.UserAgent())
		p, first := all.begin(browser, sumOf(r.Host, r.URL.RequestURI(), r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"), string(form)), a.Now())
		if !first {
			select {
			case <-p.done:
			case <-r.Context().Done():
				return
			}
		}
		if first || p.status == 0 { // the first one came to nothing
			a.answer(next, r, func(own *answer) {
				if first {
					all.end(p, own, r.Pattern, a.Now())
				}
			}).send(w)
			return
		}
		r.Pattern = p.pattern
		p.send(w)
	})
}

// answer answers a form to the end, whoever waits for it; done is told, also when next panics.
func (Again) answer(next http.Handler, r *http.Request, done func(*answer)) *answer {
	own := &answer{header: http.Header{}}
	full := r.WithContext(context.WithoutCancel(r.Context()))
	defer func() {
		r.Pattern, r.MultipartForm = full.Pattern, full.MultipartForm // for who looks at the request afterwards
		done(own)
	}()
	next.ServeHTTP(own, full)
	return own
}

// rest is a body of which a part was read.
type rest struct {
	io.Reader
	io.Closer
}

type digestOf [sha256.Size]byte

func sumOf(parts ...string) digestOf {
	h := sha256.New()
	for _, p := range parts {
		part := sha256.Sum256([]byte(p))
		_, _ = h.Write(part[:]) // never fails
	}
	return digestOf(h.Sum(nil))
}

// press is a form that was posted, with the answer to it once done is closed.
type press struct {
	answer
	form    digestOf
	done    chan struct{}
	until   time.Time // it is answered as before; zero: it is being answered
	pattern string
}

// presses are the newest forms of browsers: between two that are the same nothing else was posted.
type presses struct {
	mu     sync.Mutex
	newest map[digestOf]*press
}

// begin returns the press, and whether it is the first of its kind.
func (all *presses) begin(browser, form digestOf, now time.Time) (p *press, first bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if p := all.newest[browser]; p != nil && p.form == form && (p.until.IsZero() || now.Before(p.until)) {
		return p, false
	}
	maps.DeleteFunc(all.newest, func(_ digestOf, p *press) bool { return !p.until.IsZero() && !now.Before(p.until) })
	p = &press{form: form, done: make(chan struct{})}
	if _, known := all.newest[browser]; known || len(all.newest) < mostPresses {
		all.newest[browser] = p
	}
	return p, true
}

// end keeps the answer to a press for those that wait for it, and for a while what was done.
func (all *presses) end(p *press, own *answer, pattern string, now time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	p.until = now
	if own.status != 0 && own.body.Len() <= longestKept {
		p.answer, p.pattern = *own, pattern
		if own.status < http.StatusBadRequest && own.header.Get(undone) == "" { // what was refused is tried anew
			p.until = now.Add(pressedAgain)
		}
	}
	close(p.done)
}

// answer is an answer that is not sent yet. It implements [http.ResponseWriter].
type answer struct {
	header http.Header
	status int // 0: there is none
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header.Clone()) // it is sent more than once
	w.Header().Del(undone)
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(a.body.Bytes()) // the reader went away
}
