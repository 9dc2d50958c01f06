package site

import (
	"context"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

func (s *Site) home(w http.ResponseWriter, r *http.Request) error {
	to := "/sign-in"
	if s.sessions.GetString(r.Context(), sessionUser) != "" {
		to = "/week"
	}
	http.Redirect(w, r, s.at(to), http.StatusSeeOther)
	return nil
}

func (s *Site) askSignIn(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, view{file: "signin.html", title: message.Textf("Sign in")})
}

// mailWithin bounds the time that a link takes to be queued.
const mailWithin = 10 * time.Second

// requestLink answers alike whether or not somebody has the address, and as fast: the mail is
// queued after the answer.
func (s *Site) requestLink(w http.ResponseWriter, r *http.Request) error {
	email := strings.TrimSpace(r.PostForm.Get("email"))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return s.show(w, r, view{file: "signin.html", title: message.Textf("Sign in"), status: http.StatusUnprocessableEntity, data: signInPage{Email: email, Problem: spoken(r).Say("Write your address, like ana@example.org.")}})
	}
	s.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), mailWithin)
		defer cancel()
		if err := fault.Guarded("mail a sign-in link", func() error { return s.SignIn.Request(ctx, email) })(); err != nil {
			s.log.ErrorContext(ctx, "Mailing a sign-in link failed", append([]any{"component", "web"}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	})
	return s.show(w, r, view{file: "signin.html", title: message.Textf("Check your email"), data: signInPage{Email: email, Sent: true}})
}

type signInPage struct {
	Email, Problem string
	Sent           bool
}

// confirmSignIn asks for a press of a button: programs that look at links in mails must not use
// them up. It says whose link it is; one that does not work leads to another.
func (s *Site) confirmSignIn(w http.ResponseWriter, r *http.Request) error {
	id, err := s.SignIn.Whose(r.Context(), r.PathValue("token"))
	if err != nil {
		return s.noEntry(w, r, err)
	}
	u, err := s.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	readerOf(r).language = u.Settings.Language
	return s.show(w, r, view{file: "entering.html", title: message.Textf("Sign in"), data: masked(u.Email)})
}

// noEntry says why a link does not work, and asks for the address to mail another to.
func (s *Site) noEntry(w http.ResponseWriter, r *http.Request, why error) error {
	if fault.KindOf(why) != fault.Unauthorized {
		return why
	}
	return s.show(w, r, view{file: "signin.html", title: message.Textf("Sign in"), status: http.StatusUnauthorized, data: signInPage{Problem: message.Sentence(fault.In(why, spoken(r)))}})
}

// masked is an address that its owner knows, and others who look over their shoulder do not.
func masked(email string) string {
	at := strings.LastIndexByte(email, '@')
	first, _ := utf8.DecodeRuneInString(email)
	if at < 1 {
		return "…"
	}
	return string(first) + "…" + email[at:]
}

func (s *Site) redeem(w http.ResponseWriter, r *http.Request) error {
	id, err := s.SignIn.Redeem(r.Context(), r.PathValue("token"))
	if err != nil {
		return s.noEntry(w, r, err)
	}
	next := s.next(w, r)
	forget(w.Header())
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Remove(r.Context(), sessionInvited) // of somebody else on this browser
	s.sessions.Put(r.Context(), sessionUser, id)
	http.Redirect(w, r, s.at(next), http.StatusSeeOther)
	return nil
}

// forget has the browser drop what pages of somebody else left there.
func forget(h http.Header) { h.Set("Clear-Site-Data", `"cache", "storage"`) }

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	forget(w.Header())
	http.Redirect(w, r, s.at("/sign-in"), http.StatusSeeOther)
	return nil
}

func (s *Site) signOutEverywhere(w http.ResponseWriter, r *http.Request, id string) error {
	if err := s.Sessions.EndAll(r.Context(), id); err != nil {
		return err
	}
	return s.signOut(w, r)
}
