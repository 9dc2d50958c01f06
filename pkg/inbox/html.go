package inbox

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
)

// htmlText renders HTML as text: one line per block, quotations marked, marked signatures
// removed.
func htmlText(source string) (string, error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return "", err
	}
	var t htmlWriter
	t.node(root)
	return t.String(), nil
}

type htmlWriter struct {
	strings.Builder
	pre    bool // in an element whose white space counts
	quotes int  // quotations around it
}

// node writes the node's text.
func (t *htmlWriter) node(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		t.words(n.Data)
		return
	case n.Type == html.ElementNode && (isUnseen(n) || hasClass(n, signatureClasses) || attribute(n, "id") == "Signature"):
		return
	case n.Type == html.ElementNode && beginsQuote(n):
		t.line()
		t.WriteString(quotation.Separator + "\n")
	}
	defer func(pre bool, quotes int) { t.pre, t.quotes = pre, quotes }(t.pre, t.quotes)
	t.pre = t.pre || n.DataAtom == atom.Pre || preStyle().MatchString(style(n))
	block := n.Type == html.ElementNode && blocks[n.DataAtom]
	if block {
		t.line()
	}
	if n.DataAtom == atom.Blockquote || hasClass(n, attributionClasses) {
		t.quotes++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		t.node(c)
	}
	if block {
		t.line()
	}
	if n.DataAtom == atom.Br {
		t.WriteByte('\n')
	}
}

// line begins a new line unless one has begun.
func (t *htmlWriter) line() {
	if !t.atBeginning() {
		t.WriteByte('\n')
	}
}

func (t *htmlWriter) atBeginning() bool {
	s := t.String()
	return s == "" || strings.HasSuffix(s, "\n")
}

// text writes what may have line breaks, each line with the marks of its quotations.
func (t *htmlWriter) text(s string) {
	for line := range strings.Lines(s) {
		if t.atBeginning() && strings.TrimSpace(line) != "" {
			t.WriteString(strings.Repeat("> ", min(t.quotes, maxDepth)))
		}
		t.WriteString(line)
	}
}

var spaces = lazyregexp.New(`[ \t\r\n\f]+`)

// words writes text as browsers do: any white space is one space, none at a line's beginning.
func (t *htmlWriter) words(s string) {
	if t.pre {
		t.text(s)
		return
	}
	s = spaces().ReplaceAllString(s, " ")
	if written := t.String(); written == "" || strings.HasSuffix(written, "\n") || strings.HasSuffix(written, " ") {
		s = strings.TrimPrefix(s, " ")
	}
	t.text(s)
}

var blocks = map[atom.Atom]bool{
	atom.Address: true, atom.Article: true, atom.Blockquote: true, atom.Body: true, atom.Center: true, atom.Dd: true, atom.Div: true, atom.Dl: true,
	atom.Dt: true, atom.Footer: true, atom.Form: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true,
	atom.H6: true, atom.Header: true, atom.Hr: true, atom.Li: true, atom.Main: true, atom.Ol: true, atom.P: true, atom.Pre: true,
	atom.Section: true, atom.Table: true, atom.Td: true, atom.Th: true, atom.Tr: true, atom.Ul: true,
}

// Class names and ids that mail programs give the parts of a reply.
var (
	quoteClasses       = []string{"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote"}
	quoteIDs           = []string{"appendonsend", "divRplyFwdMsg", "mail-editor-reference-message-container", "OLK_SRC_BODY_SECTION"}
	attributionClasses = []string{"gmail_attr", "moz-cite-prefix"}
	signatureClasses   = []string{"moz-signature", "gmail_signature", "protonmail_signature_block"}
	// Outlook for Windows draws a line above the original's header.
	outlookRule = lazyregexp.New(`border:none;border-top:solid#[0-9a-f]{6}1\.0pt`)
)

// beginsQuote reports whether a mail program's quotation begins with the element.
func beginsQuote(n *html.Node) bool {
	return hasClass(n, quoteClasses) || slices.Contains(quoteIDs, attribute(n, "id")) || outlookRule().MatchString(style(n))
}

func hasClass(n *html.Node, classes []string) bool {
	return slices.ContainsFunc(strings.Fields(attribute(n, "class")), func(c string) bool { return slices.Contains(classes, c) })
}

var unseen = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Title: true,
	atom.Iframe: true, atom.Object: true, atom.Svg: true, atom.Math: true, atom.Select: true, atom.Textarea: true,
}

var preStyle = lazyregexp.New(`(?:^|;)white-space:(?:pre|pre-wrap|pre-line|break-spaces)(?:!important)?(?:;|$)`)

var unseenStyle = lazyregexp.New(`(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|font-size:0+(?:\.0+)?(?:px|pt|em|rem|%)?|opacity:0+(?:\.0+)?|mso-hide:all)(?:!important)?(?:;|$)`)

// isUnseen reports whether readers do not see the element.
func isUnseen(n *html.Node) bool {
	hidden := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "hidden" })
	return hidden || unseen[n.DataAtom] || unseenStyle().MatchString(style(n))
}

// style is the element's style in lower case without spaces and comments.
func style(n *html.Node) string {
	return cssNoise().ReplaceAllString(strings.ToLower(attribute(n, "style")), "")
}

var cssNoise = lazyregexp.New(`/\*.*?\*/|\s+`)

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
