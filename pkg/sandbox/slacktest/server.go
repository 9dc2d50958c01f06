// Package slacktest is a stand-in for Slack's incoming webhooks: an http.Handler that checks
// messages as the vendor documents them and lets them be read back. What the documentation
// asks for and the vendor lets pass (escaped text, known fields, colours) it refuses. Tests
// and the sandbox use it. Contract: Slack's developer documentation, "Sending messages using
// incoming webhooks", "Formatting message text" and "Secondary message attachments".
package slacktest

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// Limits of the vendor.
const (
	MaxText        = 40_000 // characters
	MaxAttachments = 100
)

const maxBody = 1 << 20 // bytes

// Options configure [New].
type Options struct {
	// Path is the webhook's, /services/T.../B.../..., and its secret.
	Path      string
	Channels  []string // which exist, with their "#"; nil = any
	Archived  []string // of these, which take no more messages
	Keep      int      // messages; 0 = 1,000
	PerMinute int      // messages in a minute; 0 = any number
	Now       func() time.Time
}

// Field is one of an attachment's.
type Field struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

// Action is a button of an attachment.
type Action struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"`
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// Attachment is a coloured part of a message.
type Attachment struct {
	Fallback   string   `json:"fallback,omitempty"`
	Color      string   `json:"color,omitempty"`
	Pretext    string   `json:"pretext,omitempty"`
	Title      string   `json:"title,omitempty"`
	TitleLink  string   `json:"title_link,omitempty"`
	Text       string   `json:"text,omitempty"`
	Fields     []Field  `json:"fields,omitempty"`
	Actions    []Action `json:"actions,omitempty"`
	CallbackID string   `json:"callback_id,omitempty"`
	ImageURL   string   `json:"image_url,omitempty"`
	ThumbURL   string   `json:"thumb_url,omitempty"`
	Footer     string   `json:"footer,omitempty"`
	Timestamp  int64    `json:"ts,omitempty"`
	Markdown   []string `json:"mrkdwn_in,omitempty"`
}

// Message is an accepted message.
type Message struct {
	Received    time.Time    `json:"received"`
	Channel     string       `json:"channel,omitempty"` // "" = that of the webhook
	Username    string       `json:"username,omitempty"`
	IconEmoji   string       `json:"icon_emoji,omitempty"`
	IconURL     string       `json:"icon_url,omitempty"`
	Text        string       `json:"text,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// Refusal is a request that was not accepted.
type Refusal struct {
	Received time.Time `json:"received"`
	Status   int       `json:"status"`
	Error    string    `json:"error"`  // the vendor's word
	Reason   string    `json:"reason"` // ours; the vendor gives none
}

// Record is everything that is kept, oldest first.
type Record struct {
	Messages []Message `json:"messages"`
	Refused  []Refusal `json:"refused"`
}

// Server is the stand-in.
type Server struct {
	opt Options

	mu     sync.Mutex
	record Record
	minute []time.Time // of the last minute's messages
}

// New returns a stand-in that has received nothing.
func New(o Options) *Server {
	if o.Keep == 0 {
		o.Keep = 1000
	}
	return &Server{opt: o}
}

// NewPath makes up a webhook's path.
func NewPath() string {
	id := rand.Text() + rand.Text()
	return "/services/T" + id[:10] + "/B" + id[10:20] + "/" + id[20:44]
}

var webhook = lazyregexp.New(`^/services/(T[A-Z0-9]{2,20})/(B[A-Z0-9]{2,20})/([A-Za-z0-9]{8,64})$`)

// ValidPath reports whether a path has the form of a webhook's.
func ValidPath(p string) bool { return webhook().MatchString(p) }

// failure is why a request is refused.
type failure struct {
	status       int
	word, reason string
}

func invalid(reason string) *failure {
	return &failure{http.StatusBadRequest, "invalid_payload", reason}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	s.mu.Lock()
	defer s.mu.Unlock()
	m, bad := Message{}, s.address(r.URL.Path)
	switch {
	case bad != nil:
	case err != nil:
		bad = invalid("the body is too large, or ended too early")
	default:
		if m, bad = read(r.Header.Get("Content-Type"), body); bad == nil {
			bad = s.channel(m.Channel)
		}
	}
	if bad == nil && s.throttled() {
		bad = &failure{http.StatusTooManyRequests, "rate_limited", "too many messages in a minute"}
		w.Header().Set("Retry-After", strconv.Itoa(60))
	}
	w.Header().Set("Content-Type", "text/html")
	if bad != nil {
		s.record.Refused = newest(append(s.record.Refused, Refusal{s.opt.Now(), bad.status, bad.word, bad.reason}), s.opt.Keep)
		w.WriteHeader(bad.status)
		_, _ = io.WriteString(w, bad.word) // the client went away
		return
	}
	m.Received = s.opt.Now()
	s.record.Messages = newest(append(s.record.Messages, m), s.opt.Keep)
	_, _ = io.WriteString(w, "ok") // the client went away
}

// address compares a path with the webhook's.
func (s *Server) address(path string) *failure {
	got, want := webhook().FindStringSubmatch(path), webhook().FindStringSubmatch(s.opt.Path)
	switch {
	case got == nil || want == nil:
		return &failure{http.StatusNotFound, "no_service", "the address is not that of a webhook"}
	case got[1] != want[1]:
		return &failure{http.StatusNotFound, "no_team", "no such workspace"}
	case got[2] != want[2]:
		return &failure{http.StatusNotFound, "no_service", "no such webhook"}
	case subtle.ConstantTimeCompare([]byte(got[3]), []byte(want[3])) != 1:
		return &failure{http.StatusForbidden, "invalid_token", "the last part of the address is wrong"}
	}
	return nil
}

func (s *Server) channel(name string) *failure {
	switch {
	case name == "" || s.opt.Channels == nil:
		return nil
	case !slices.Contains(s.opt.Channels, name):
		return &failure{http.StatusNotFound, "channel_not_found", "no channel " + name}
	case slices.Contains(s.opt.Archived, name):
		return &failure{http.StatusGone, "channel_is_archived", name + " takes no more messages"}
	}
	return nil
}

// throttled counts a message, unless it is one too many.
func (s *Server) throttled() bool {
	now := s.opt.Now()
	s.minute = slices.DeleteFunc(s.minute, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if s.opt.PerMinute == 0 {
		return false
	}
	if len(s.minute) >= s.opt.PerMinute {
		return true
	}
	s.minute = append(s.minute, now)
	return false
}

// wireMessage is the body of a request.
type wireMessage struct {
	Message

	LinkNames any   `json:"link_names"`
	Markdown  *bool `json:"mrkdwn"`
	Received  any   `json:"received"` // hides ours: it is not the sender's to give
}

func read(contentType string, body []byte) (Message, *failure) {
	if t, _, err := mime.ParseMediaType(contentType); err != nil || t != "application/json" {
		return Message{}, invalid("Content-Type should be application/json")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var in wireMessage
	if err := d.Decode(&in); err != nil {
		return Message{}, invalid(err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || in.Received != nil {
		return Message{}, invalid("something is there that does not belong")
	}
	return in.Message, check(in.Message)
}

func check(m Message) *failure {
	if strings.TrimSpace(m.Text) == "" && len(m.Attachments) == 0 {
		return &failure{http.StatusBadRequest, "no_text", "neither text nor attachments"}
	}
	if len(m.Attachments) > MaxAttachments {
		return &failure{http.StatusBadRequest, "too_many_attachments", strconv.Itoa(len(m.Attachments))}
	}
	if bad := checkText("text", m.Text); bad != nil {
		return bad
	}
	for _, a := range m.Attachments {
		if bad := a.check(); bad != nil {
			return bad
		}
	}
	return nil
}

var (
	colour  = lazyregexp.New(`^(good|warning|danger|#[0-9A-Fa-f]{6})$`)
	address = lazyregexp.New(`^https?://[^\s/]+`)
	markup  = []string{"fallback", "pretext", "text", "fields", "title", "footer"}
)

func (a Attachment) check() *failure {
	if a.Text == "" && a.Fallback == "" && a.Title == "" && a.Pretext == "" && len(a.Fields) == 0 && a.ImageURL == "" {
		return &failure{http.StatusBadRequest, "missing_text_or_fallback_or_attachments", "an attachment shows nothing"}
	}
	if a.Color != "" && !colour().MatchString(a.Color) {
		return invalid("no colour: " + a.Color)
	}
	for _, l := range []string{a.TitleLink, a.ImageURL, a.ThumbURL} {
		if l != "" && !address().MatchString(l) {
			return invalid("no address: " + l)
		}
	}
	for _, in := range a.Markdown {
		if !slices.Contains(markup, in) {
			return invalid("mrkdwn_in names no part: " + in)
		}
	}
	texts := map[string]string{"fallback": a.Fallback, "title": a.Title, "pretext": a.Pretext, "attachment": a.Text, "footer": a.Footer}
	for _, f := range a.Fields {
		if f.Title == "" && f.Value == "" {
			return invalid("a field shows nothing")
		}
		texts["field "+f.Title] = f.Value
	}
	for name, t := range texts {
		if bad := checkText(name, t); bad != nil {
			return bad
		}
	}
	for _, act := range a.Actions {
		if act.Type != "button" || act.Text == "" || act.URL != "" && !address().MatchString(act.URL) {
			return invalid("a button needs a text, and a whole address if any")
		}
	}
	return nil
}

// control matches what may stand in a text for "<", ">" and "&": links, mentions, entities.
var control = lazyregexp.New(`<(?:https?://|mailto:|[!@#])[^<>]*>|&(?:amp|lt|gt);`)

func checkText(name, text string) *failure {
	if len([]rune(text)) > MaxText {
		return &failure{http.StatusBadRequest, "msg_too_long", name}
	}
	if rest := control().ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>&") {
		return invalid(name + ": &, < and > have to be written &amp;, &lt; and &gt;")
	}
	return nil
}

func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// Record returns what was received.
func (s *Server) Record() Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Record{Messages: append([]Message{}, s.record.Messages...), Refused: append([]Refusal{}, s.record.Refused...)}
}

// Reset forgets what was received.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = Record{}
}

// Received serves the record over HTTP at any path: GET answers it as JSON, DELETE resets
// it. There is no authentication: serve it on loopback.
func (s *Server) Received() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetIndent("", "  ")
			if err := enc.Encode(s.Record()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = b.WriteTo(w) // the client went away
		case http.MethodDelete:
			s.Reset()
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, DELETE")
			http.Error(w, "use GET or DELETE", http.StatusMethodNotAllowed)
		}
	})
}
