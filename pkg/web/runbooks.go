package web

import (
	"bytes"
	"cmp"
	"context"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
)

// AlertResponse is an automatic response to an alert.
type AlertResponse struct {
	At                     time.Time
	Status, Action, Result string
}

// Runbooks serves runbooks to every receiver of a notification. They hold no secrets.
type Runbooks struct {
	All map[string]runbook.Runbook
	// Responses returns the automatic responses to an alert since a time; nil: not shown to
	// this audience.
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

// severities are in the order in which they are looked for.
var severities = []string{"critical", "warning", "info", "none"}

func (b *Runbooks) list(w http.ResponseWriter, r *http.Request) {
	all := slices.SortedFunc(maps.Values(b.All), func(x, y runbook.Runbook) int {
		return cmp.Or(slices.Index(severities, x.Severity)-slices.Index(severities, y.Severity), strings.Compare(x.Alert, y.Alert))
	})
	b.pages().show(w, r, http.StatusOK, "runbooks.html", all)
}

// responsesSince is how far back a page shows automatic responses; responsesTimeout bounds the
// wait for them: the page matters most when the database does not answer.
const (
	responsesSince   = 24 * time.Hour
	responsesTimeout = 2 * time.Second
)

func (b *Runbooks) one(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("slug"), ".md") // as the runbooks link to each other
	book, ok := b.All[name]
	if !ok {
		if slug := alert.Alert(name).Runbook(); slug != "" {
			w.Header().Set("Location", slug) // relative: whatever path the public address has
			w.WriteHeader(http.StatusFound)
			return
		}
		b.pages().fail(w, r, fault.New(fault.NotFound, "runbook", "There is no runbook of this name."))
		return
	}
	var body bytes.Buffer
	if err := markdown().Convert([]byte(book.Text), &body); err != nil {
		b.pages().fail(w, r, fault.Wrap(fault.Internal, "runbook", err))
		return
	}
	page := struct {
		Alert     string
		Body      template.HTML
		Told      bool // what was done is told
		Known     bool // and known
		Responses []AlertResponse
	}{Alert: book.Alert, Body: template.HTML(body.String()), Told: b.Responses != nil} //nolint:gosec // our own file; the converter leaves raw HTML out
	if page.Told {
		limited, cancel := context.WithTimeout(r.Context(), responsesTimeout)
		defer cancel()
		done, err := b.Responses(limited, book.Alert, b.Now().Add(-responsesSince))
		if err != nil {
			b.Log.WarnContext(r.Context(), "Reading automatic responses failed", append([]any{"component", "web"}, fault.Fields(fault.KindOf(err), err)...)...)
		}
		page.Known, page.Responses = err == nil, done
	}
	b.pages().show(w, r, http.StatusOK, "runbook.html", page)
}

// markdown renders runbooks as HTML. Raw HTML is dropped.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(inwards{}, 1000), util.Prioritized(readable{}, 1000))),
	)
})

// inwards replaces links to files that are not served with plain text.
type inwards struct{}

// Transform implements [parser.ASTTransformer].
func (inwards) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var outward []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker itself never fails
		if l, ok := n.(*ast.Link); ok && entering && bytes.HasPrefix(l.Destination, []byte("../")) {
			outward = append(outward, l)
		}
		return ast.WalkContinue, nil
	})
	for _, l := range outward {
		for l.HasChildren() {
			l.Parent().InsertBefore(l.Parent(), l, l.FirstChild())
		}
		l.Parent().RemoveChild(l.Parent(), l)
	}
}

// readable leaves out the flow chart, whose source a browser without scripts cannot draw, and
// says what the expected output is.
type readable struct{}

// Transform implements [parser.ASTTransformer].
func (readable) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var blocks []*ast.FencedCodeBlock
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker itself never fails
		if b, ok := n.(*ast.FencedCodeBlock); ok && entering {
			blocks = append(blocks, b)
		}
		return ast.WalkContinue, nil
	})
	for _, b := range blocks {
		switch string(b.Language(reader.Source())) {
		case "mermaid":
			if h, ok := b.PreviousSibling().(*ast.Heading); ok {
				h.Parent().RemoveChild(h.Parent(), h)
			}
			b.Parent().RemoveChild(b.Parent(), b)
		case "expect":
			said := ast.NewParagraph()
			said.AppendChild(said, ast.NewString([]byte("Expected is a line that matches:")))
			b.Parent().InsertBefore(b.Parent(), b, said)
		}
	}
}
