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
	"strconv"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decode every charset mail uses
	gomail "github.com/emersion/go-message/mail"
)

//go:embed templates/*.html
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "templates/*.html"))

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
		list := m.Messages()
		show(w, "list.html", map[string]any{"Messages": list, "To": r.URL.Query().Get("to")})
	})
	mux.HandleFunc("GET /mail/{n}", m.withMessage(func(w http.ResponseWriter, _ *http.Request, msg Message, p Parts) {
		var headers []string
		for f := p.Header.Fields(); f.Next(); {
			headers = append(headers, f.Key()+": "+f.Value())
		}
		show(w, "mail.html", map[string]any{"M": msg, "Text": p.Text, "Headers": strings.Join(headers, "\n")})
	}))
	mux.HandleFunc("GET /mail/{n}/html", m.withMessage(func(w http.ResponseWriter, _ *http.Request, _ Message, p Parts) {
		w.Header().Set("Content-Security-Policy", "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, p.HTML) // the reader went away
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
		http.Error(w, "the mail names nobody to reply to", http.StatusUnprocessableEntity)
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
	http.Redirect(w, r, "../../", http.StatusSeeOther)
}

func show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'")
	_, _ = b.WriteTo(w) // the reader went away
}
