package site

import (
	"net/http"
	"net/url"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// accountPage is who is signed in, with what their plans are connected to.
type accountPage struct {
	user.User
	Library   string // where the recipes are, without what its address may hold of secrets
	WriteBack bool
	Owned     bool   // the library is theirs
	Others    int    // how many others cook from a library of theirs
	Diary     string // where a diary is connected; "": there is no service for it
	Typed     string // into the form that deletes everything
	refusal
}

func (s *Site) account(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	return s.showAccount(w, r, accountPage{User: u})
}

func (s *Site) showAccount(w http.ResponseWriter, r *http.Request, page accountPage) error {
	u := page.User
	page.Diary = s.Diary(u.ID)
	address, writeBack, err := s.Beginning.Library(r.Context(), u.Connection)
	if err != nil {
		return err
	}
	if at, err := url.Parse(address); err == nil {
		page.Library = at.Redacted()
	}
	page.WriteBack = writeBack
	if page.Owned, err = s.Connections.Owns(r.Context(), u); err != nil {
		return err
	}
	if page.Owned {
		if page.Others, err = s.Connections.Others(r.Context(), u); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, view{file: "account.html", title: message.Textf("Account"), nav: "account", status: status, data: page})
}

// changeAccount does what the form's field "do" says.
func (s *Site) changeAccount(w http.ResponseWriter, r *http.Request, id string) error {
	if do := r.PostForm.Get("do"); do != "disconnect" {
		return fault.New(fault.InvalidInput, "account", "do: %q is not disconnect", do)
	}
	err := s.Users.SetFatSecret(r.Context(), id, nil)
	return s.said(w, r, "/account", message.Textf("FatSecret is no longer connected. Its permission ends in your FatSecret account."), err)
}

// setWriteBack has weeks and lists written to the visitor's library, or no longer. Turning it on
// asks another server, so it has an address of its own, which the alert on slow pages leaves out.
func (s *Site) setWriteBack(w http.ResponseWriter, r *http.Request, id string) error {
	on := r.PostForm.Get("on") != ""
	said := message.Textf("Plans and lists are no longer written to Tandoor; what is there stays.")
	if on {
		said = message.Textf("Plans and lists are written to Tandoor from now on.")
	}
	err := s.Connections.SetWriteBack(r.Context(), id, on)
	if silent(err) {
		return s.refuse(w, r, "/account", message.Textf("Your Tandoor does not answer as it should at this moment. Try again later."))
	}
	return s.said(w, r, "/account", said, err)
}

func (s *Site) export(w http.ResponseWriter, r *http.Request, id string) error {
	data, err := s.Users.Export(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="mealplanner-`+id+`.json"`)
	_, _ = w.Write(data) // the reader went away
	return nil
}

// leave mails a link by which everything is deleted, if the visitor wrote their address: whoever
// sits at a browser that somebody left signed in deletes nothing.
func (s *Site) leave(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	if typed := (form{r.PostForm}).get("email"); typed != u.Email {
		said := spoken(r).Say("Nothing was deleted: write the address that your plans go to.")
		return s.showAccount(w, r, accountPage{User: u, Typed: typed, refusal: refusal{Problem: said, Field: "email", why: said}})
	}
	err = s.Farewell(r.Context(), u)
	return s.said(w, r, "/account", message.Textf("Nothing is deleted yet: a link is on its way to %s. Open it within an hour to delete everything.", u.Email), err)
}

// confirmLeaving asks for a press of a button: programs look at links in mails.
func (s *Site) confirmLeaving(w http.ResponseWriter, r *http.Request) error {
	u, err := s.leaver(r)
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "leaving.html", title: message.Textf("Delete everything"), data: u})
}

// deleteAccount deletes all that is stored of the user whom the link was mailed to.
func (s *Site) deleteAccount(w http.ResponseWriter, r *http.Request) error {
	u, err := s.leaver(r)
	if err != nil {
		return err
	}
	if err := s.Users.Delete(r.Context(), u.ID); err != nil {
		return err
	}
	if s.userOf(r.Context()) == u.ID {
		if err := s.sessions.Destroy(r.Context()); err != nil {
			return err
		}
	}
	forget(w.Header())
	return s.show(w, r, view{file: "gone.html", title: message.Textf("Everything is deleted"), data: user.User{Email: u.Email}})
}

// leaver is whom the link in the address was mailed to.
func (s *Site) leaver(r *http.Request) (user.User, error) {
	id, err := s.Leaving(r.Context(), r.PathValue("token"))
	if err == nil {
		err = s.recognise(r, id)
	}
	if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Unauthorized {
		return user.User{}, fault.New(fault.Unauthorized, "account", "this link was used before, or is older than an hour: ask for another on the account page")
	}
	if err != nil {
		return user.User{}, err
	}
	return s.visitor(r, id)
}
