package site

import (
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func (s *Site) account(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "account.html", title: message.Textf("Account"), nav: "account", data: u})
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

// deleteAccount deletes everything, if the visitor wrote their address to confirm it.
func (s *Site) deleteAccount(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	if (form{r.PostForm}).get("email") != u.Email {
		return s.back(w, r, "/account", message.Textf("Nothing was deleted: write the address that your plans go to."))
	}
	if err := s.Users.Delete(r.Context(), id); err != nil {
		return err
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	forget(w.Header())
	return s.show(w, r, view{file: "gone.html", title: message.Textf("Everything is deleted"), data: user.User{Email: u.Email}})
}
