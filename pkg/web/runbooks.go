package web

import (
	"bytes"
	"context"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/runbook"
)

// AlertResponse is what was done automatically about an alert.
type AlertResponse struct {
	At                     time.Time
	Status, Action, Result string
}

// Runbooks serves runbooks to whoever got a notification. They hold no secret.
type Runbooks struct {
	All map[string]runbook.Runbook
	// Responses returns what was done automatically about an alert since a time.
	Responses func(ctx context.Context, alert string, since time.Time) ([]AlertResponse, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// Register adds the pages to the mux: a runbook by its slug, and by its alert's name, which
// leads to the slug.
func (b *Runbooks) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /runbook/{$}", b.list)
	mux.HandleFunc("GET /runbook/{slug}", b.one)
}

func (b *Runbooks) pages() *Pages { return &Pages{Log: b.Log} }

func (b *Runbooks) list(w http.ResponseWriter, r *http.Request) {
	all := slices.SortedFunc(maps.Values(b.All), func(x, y runbook.Runbook) int { return strings.Compare(x.Alert, y.Alert) })
	b.pages().show(w, r, http.StatusOK, "runbooks.html", all)
}

// responsesSince is how far back a page shows automatic responses.
const responsesSince = 24 * time.Hour

func (b *Runbooks) one(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("slug"), ".md") // as the runbooks link to each other
	book, ok := b.All[name]
	if !ok {
		for slug, x := range b.All {
			if x.Alert == name {
				http.Redirect(w, r, "/runbook/"+slug, http.StatusFound)
				return
			}
		}
		b.pages().fail(w, r, fault.New(fault.NotFound, "runbook", "There is no runbook of this name."))
		return
	}
	var body bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(book.Text), &body); err != nil {
		b.pages().fail(w, r, fault.Wrap(fault.Internal, "runbook", err))
		return
	}
	done, err := b.Responses(r.Context(), book.Alert, b.Now().Add(-responsesSince))
	if err != nil { // the runbook matters most when the database is down
		b.Log.WarnContext(r.Context(), "Automatic responses were not read", "component", "web", "error_type", string(fault.KindOf(err)), "error_message", err.Error())
	}
	b.pages().show(w, r, http.StatusOK, "runbook.html", struct {
		Alert     string
		Body      template.HTML
		Responses []AlertResponse
	}{book.Alert, template.HTML(body.String()), done}) //nolint:gosec // our own file; the converter leaves raw HTML out
}
