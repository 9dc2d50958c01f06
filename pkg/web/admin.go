package web

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Debugged turns a user's DEBUG lines on until a time.
type Debugged interface {
	SetDebug(ctx context.Context, userID string, until time.Time) error
}

// MaxDebug is the longest time that one request can turn a user's DEBUG lines on.
const MaxDebug = 24 * time.Hour

// Admin serves operators and their tools: metrics of users, traces, automatic responses, and,
// on loopback only, profiles and a user's DEBUG lines.
type Admin struct {
	Metrics  http.Handler // nil: not served
	Runbooks *Runbooks
	Traces   *Traces
	Users    Debugged
	Now      func() time.Time
	// Local serves /debug. It refuses requests that name another host, as DNS rebinding
	// does.
	Local bool
}

// Handler serves the pages.
func (a *Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	if a.Metrics != nil {
		mux.Handle("GET /metrics", a.Metrics)
	}
	a.Runbooks.Register(mux)
	a.Traces.Register(mux)
	if !a.Local {
		return mux
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("PUT /debug/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("for"))
		if err != nil || d < 0 || d > MaxDebug {
			err = fault.New(fault.InvalidInput, "for", "want a duration from 0s, which ends it, to %s", MaxDebug)
		} else {
			err = a.Users.SetDebug(r.Context(), r.PathValue("id"), a.Now().Add(d))
		}
		if err != nil {
			http.Error(w, err.Error(), fault.HTTPStatus(err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this port is for requests to loopback addresses", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
