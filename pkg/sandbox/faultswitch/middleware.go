package faultswitch

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const slowPieces = 64

// Middleware lets the faults set for the upstream happen to next. operation names what a
// request is for; nil means the path of its address.
func (s *Switch) Middleware(upstream string, operation func(*http.Request) string, next http.Handler) http.Handler {
	if operation == nil {
		operation = func(r *http.Request) string { return r.URL.Path }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := s.Pick(upstream, r.Method, operation(r))
		if e.Latency > 0 && s.sleep(r.Context(), e.Latency) != nil {
			panic(http.ErrAbortHandler)
		}
		switch {
		case e.Outage:
			panic(http.ErrAbortHandler)
		case e.LoseAnswer:
			next.ServeHTTP(&answer{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		case e.Body == BodySlow:
			s.slow(w, r, next, e.SlowFor)
		case e.Status != 0 || e.Body != BodyIntact:
			damaged(w, e)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// damaged writes an answer that owes nothing to the real handler.
func damaged(w http.ResponseWriter, e Effect) {
	status := e.Status
	if status == 0 {
		status = http.StatusOK
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	contentType, body := "application/json", fmt.Sprintf(`{"detail":%q}`, statusText(status))
	switch e.Body {
	case BodyIntact, BodySlow: // the status alone, and damage done elsewhere
	case BodyMalformed:
		body = `{"count": 3, "results": [{"id": 1, "name": "half a reci`
	case BodyHTML:
		contentType = "text/html; charset=utf-8"
		body = "<!doctype html><html><head><title>" + statusText(status) + "</title></head><body>Sorry.</body></html>"
	case BodyOversized:
		body = `{"results":[]` + strings.Repeat(" ", OversizedBytes) + `}`
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, err := w.Write([]byte(body))
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
}

func (s *Switch) slow(w http.ResponseWriter, r *http.Request, next http.Handler, total time.Duration) {
	held := &answer{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(held, r)
	maps.Copy(w.Header(), held.header)
	w.WriteHeader(held.status)
	flusher := http.NewResponseController(w)
	body := held.body.Bytes()
	piece := max(1, (len(body)+slowPieces-1)/slowPieces)
	for len(body) > 0 {
		n := min(piece, len(body))
		if _, err := w.Write(body[:n]); err != nil {
			panic(http.ErrAbortHandler)
		}
		body = body[n:]
		if flusher.Flush() != nil || s.sleep(r.Context(), total/slowPieces) != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// answer keeps a handler's answer back.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
