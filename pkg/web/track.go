package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Mails records opens and clicks.
type Mails interface {
	Record(ctx context.Context, s outbox.Event) (outbox.EventResult, error)
}

// clickable are the pages that a counted link may lead to.
var clickable = []string{"/plan/", "/do/"}

func isClickable(path string) bool {
	return slices.ContainsFunc(clickable, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// maxTarget is the longest path that a counted link's token can carry.
const maxTarget = 900

// Click returns an address that redirects to target, one of our pages, and records a click of
// the mail. Targets that must not be counted are returned unchanged.
func (l Links) Click(key [signedlink.ReplyKeySize]byte, target string) string {
	path, ours := strings.CutPrefix(target, l.Base)
	if !ours || !isClickable(path) || len(path) > maxTarget {
		return target
	}
	return l.Base + "/r/" + l.Signer.Sign(ClickLink, "", hex.EncodeToString(key[:])+" "+path, planValid)
}

// Open returns the address of the tracking pixel that records an open of the mail.
func (l Links) Open(key [signedlink.ReplyKeySize]byte) string {
	return l.Base + "/o/" + l.Signer.Sign(OpenLink, "", hex.EncodeToString(key[:]), planValid)
}

// click records the click and redirects, even if recording failed. The target comes from the
// signed token, and is always one of our pages.
func (p *Pages) click(w http.ResponseWriter, r *http.Request) {
	c, err := p.Signer.Verify(ClickLink, r.PathValue("token"))
	mail, path, _ := strings.Cut(c.Subject, " ")
	if err == nil && !isClickable(path) {
		err = fault.New(fault.Unauthorized, "link", "this link is incomplete or not valid: open it anew from the mail, or ask whoever sent it for another")
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.note(r, mail, outbox.Clicked)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, strings.TrimRight(p.PublicURL.String(), "/")+path, http.StatusFound)
}

// pixel is a transparent GIF of one by one pixel.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// open records an open and returns an invisible image.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) {
	c, err := p.Signer.Verify(OpenLink, r.PathValue("token"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.note(r, c.Subject, outbox.Opened)
	h := w.Header()
	h.Set("Content-Type", "image/gif")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(pixel)) // the reader went away
}

func (p *Pages) note(r *http.Request, mail string, s outbox.Signal) {
	if _, err := p.Mails.Record(r.Context(), outbox.Event{Mail: mail, Signal: s, Machine: byMachine(r)}); err != nil {
		p.Log.ErrorContext(r.Context(), "Recording an open or click failed", append([]any{"component", "web"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
}
