package observe

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Recovered answers 500 where next panics, and logs it as the error that it is; net/http would
// close the connection, which the instruments around do not see. An answer that has begun is broken
// off.
func Recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begun{ResponseWriter: w}
		err := fault.Guarded("page", func() error { next.ServeHTTP(begun, r); return nil })()
		if err == nil {
			return
		}
		if errors.Is(err, http.ErrAbortHandler) {
			panic(http.ErrAbortHandler)
		}
		log.ErrorContext(r.Context(), "A page panicked", append([]any{"component", "web", "http.route", routeOf(r)}, fault.Fields(fault.Internal, err)...)...)
		if begun.yes {
			panic(http.ErrAbortHandler)
		}
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	})
}

// begun knows whether an answer has begun.
type begun struct {
	http.ResponseWriter
	yes bool
}

// WriteHeader implements [http.ResponseWriter].
func (b *begun) WriteHeader(status int) {
	b.yes = b.yes || status >= http.StatusOK
	b.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher], for events.
func (b *begun) Flush() {
	b.yes = true
	_ = http.NewResponseController(b.ResponseWriter).Flush() // the server's can
}

// Unwrap is for [http.ResponseController].
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }
