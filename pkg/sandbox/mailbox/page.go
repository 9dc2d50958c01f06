package mailbox

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decode every charset mail uses
	gomail "github.com/emersion/go-message/mail"
)

//go:embed templates/*.html
var pages embed.FS

var templates = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pages, "templates/*.html")) })

func decodeHeader(s string) string {
	d, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return d
}

// Parts are the readable bodies of a mail.
type Parts struct {
	Header message.Header
	Text   string
	HTML   string
}

// Parse splits a mail into its text and HTML bodies.
func Parse(raw []byte) (Parts, error) {
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return Parts{}, fmt.Errorf("parse mail: %w", err)
	}
	p := Parts{Header: r.Header.Header}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("parse mail: %w", err)
		}
		h, ok := part.Header.(*gomail.InlineHeader)
		if !ok {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, maxMessage))
		if err != nil {
			return p, fmt.Errorf("parse mail: %w", err)
		}
		switch t, _, _ := h.ContentType(); t {
		case "text/html":
			p.HTML = string(body)
		case "text/plain":
			p.Text = string(body)
		}
	}
}

// Handler serves the inbox page below its root: the list, one mail, its HTML and text,
// and a form that replies to it.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		list, to := m.Messages(), r.URL.Query().Get("to")
		if to != "" {
			list = slices.DeleteFunc(list, func(x Message) bool { return x.To != to })
		}
		slices.Reverse(list)
		show(w, "list.html", map[string]any{"Messages": list, "To": to})
	})
	mux.HandleFunc("GET /mail/{n}", m.withMessage(func(w http.ResponseWriter, r *http.Request, msg Message, p Parts) {
		var headers []string
		for f := p.Header.Fields(); f.Next(); {
			headers = append(headers, f.Key()+": "+f.Value())
		}
		data := map[string]any{"M": msg, "Text": p.Text, "Headers": strings.Join(headers, "\n")}
		if sent := r.URL.Query().Get("sent"); sent != "" {
			m.answer(data, msg.Number, sent, r.URL.Query().Get("looks"))
		}
		show(w, "mail.html", data)
	}))
	mux.HandleFunc("GET /mail/{n}/html", m.withMessage(func(w http.ResponseWriter, _ *http.Request, _ Message, p Parts) {
		w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, inNewTab(p.HTML)) // the reader went away
	}))
	mux.HandleFunc("GET /mail/{n}/raw", m.withMessage(func(w http.ResponseWriter, _ *http.Request, msg Message, _ Parts) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(msg.Raw) // the reader went away
	}))
	mux.HandleFunc("POST /mail/{n}/reply", m.withMessage(m.reply))
	return mux
}

func (m *Mailbox) withMessage(h func(http.ResponseWriter, *http.Request, Message, Parts)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		list := m.Messages()
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 1 || n > len(list) {
			http.Error(w, "no such mail", http.StatusNotFound)
			return
		}
		p, err := Parse(list[n-1].Raw)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		h(w, r, list[n-1], p)
	}
}

// AuthservID is the name under which the sandbox states its checks of senders.
const AuthservID = "sandbox.invalid"

// authenticated is what it states of its own users.
const authenticated = "Authentication-Results: " + AuthservID + "; dmarc=pass header.from=sandbox.example\r\n"

// reply delivers the form's text as the recipient's answer to the mail's Reply-To.
func (m *Mailbox) reply(w http.ResponseWriter, r *http.Request, msg Message, p Parts) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	h := gomail.Header{Header: p.Header}
	to, err := h.AddressList("Reply-To")
	if err != nil || len(to) == 0 {
		to, err = h.AddressList("From")
	}
	if err != nil || len(to) == 0 {
		http.Error(w, "the mail has no address to reply to", http.StatusUnprocessableEntity)
		return
	}
	var out gomail.Header
	out.SetDate(m.opts.Now())
	out.SetAddressList("From", []*gomail.Address{{Address: msg.To}})
	out.SetAddressList("To", to)
	out.SetSubject("Re: " + msg.Subject)
	out.Set("In-Reply-To", "<"+msg.MessageID+">")
	out.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	if err := out.GenerateMessageIDWithHostname("sandbox.invalid"); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var raw bytes.Buffer
	body, err := gomail.CreateSingleInlineWriter(&raw, out)
	if err == nil {
		_, err = io.WriteString(body, r.FormValue("text"))
	}
	if err == nil {
		err = body.Close()
	}
	if err == nil {
		err = m.Deliver(msg.To, []string{to[0].Address}, append([]byte(authenticated), raw.Bytes()...))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := out.MessageID()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// Relative, since the handler may be mounted below a prefix that http.Redirect cannot see.
	w.Header().Set("Location", "../"+r.PathValue("n")+"?sent="+url.QueryEscape(id))
	w.WriteHeader(http.StatusSeeOther)
}

// inNewTab makes the links of a mail open in a tab of their own, as a mail program does: no
// page of ours lets itself be framed.
func inNewTab(html string) string {
	const base = `<base target="_blank">`
	if before, after, ok := strings.Cut(html, "<head>"); ok {
		return before + "<head>" + base + after
	}
	return base + html
}

// maxLooks is how many seconds a page waits for the answer to a reply.
const maxLooks = 30

// answer puts what came back to a reply, if it did, into the page of the mail.
func (m *Mailbox) answer(data map[string]any, n int, sent, looks string) {
	for _, x := range m.Messages() {
		p, err := Parse(x.Raw)
		if err != nil || !strings.Contains(p.Header.Get("In-Reply-To"), sent) {
			continue
		}
		data["Answer"], data["AnswerText"] = x, p.Text
		return
	}
	seen, err := strconv.Atoi(looks)
	if err != nil {
		seen = 0
	}
	if seen >= maxLooks {
		data["Waiting"] = "No answer came within half a minute. Does the planner run, and does it read replies (IMAP_HOST)?"
		return
	}
	data["Waiting"] = "Waiting for what comes back."
	data["Refresh"] = fmt.Sprintf("%d?sent=%s&looks=%d", n, url.QueryEscape(sent), seen+1)
}

func show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := templates().ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'")
	_, _ = b.WriteTo(w) // the reader went away
}
