package site

import (
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// itemView is a food of a list where it stands: to "buy", at "home" or in the "pantry".
type itemView struct {
	shopping.Item
	Path string // where its forms go
	At   string
	Mine bool // whoever looks may say what is at home

	Meals string // what addresses of meals begin with; "": whoever looks sees none
}

// always says that a food of the list is always at home, or is not.
func (s *Site) always(w http.ResponseWriter, r *http.Request, id string, week calendar.Date, path string) error {
	always := r.PostForm.Get("do") == "always"
	name, err := s.Shopping.Always(r.Context(), id, week, r.PostForm.Get("key"), always)
	name = message.Sentence(name)
	said := message.Textf("%s is always at home: it is not bought, in later weeks either. Your settings list what is.", name)
	if !always {
		said = message.Textf("%s is bought again.", name)
	}
	return s.said(w, r, path, said, err)
}

// push writes the week and its list to the library, and says what it did. It waits for another
// server, so it has an address of its own, which the alert on slow pages leaves out.
func (s *Site) push(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	path := "/shopping/" + week.String()
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	if _, on, err := s.Beginning.Library(r.Context(), u.Connection); err != nil || !on {
		return s.said(w, r, path, message.Textf("Writing to Tandoor is off: your account says who turns it on."), err)
	}
	done, err := s.Push(r.Context(), id, week)
	if silent(err) {
		return s.refuse(w, r, path, message.Textf("Your Tandoor does not answer as it should at this moment. Try again later."))
	}
	return s.said(w, r, path, pushed(done), err)
}

// silent reports whether another server failed.
func silent(err error) bool {
	kind := fault.KindOf(err)
	return kind.Transient() && kind != fault.DatabaseError || kind == fault.TandoorError
}

// pushed says what was done to a library.
func pushed(r publish.Report) message.Text {
	said := []message.Text{message.Textf("Tandoor's meal plan and shopping list hold this week: %d written now, %d there already.", r.Created, r.Kept)}
	if r.Deleted > 0 {
		said = append(said, message.Counted(r.Deleted, "%d of ours was taken away.", "%d of ours were taken away."))
	}
	if r.Theirs > 0 {
		said = append(said, message.Counted(r.Theirs, "%d was left as somebody changed it there.", "%d were left as somebody changed them there."))
	}
	const most = 3
	if n := len(r.Refused); n > 0 {
		said = append(said, message.Textf("Tandoor refused: %s.", strings.Join(r.Refused[:min(n, most)], "; ")))
		if n > most {
			said = append(said, message.Textf("And %v more.", n-most))
		}
	}
	return message.Joined(said...)
}

// setStaples adds a food that is always at home, or takes one away.
func setStaples(f form, u *user.User) error {
	if gone := f.get("gone"); gone != "" {
		return fault.Wrap(fault.InvalidInput, "settings", u.Settings.RemoveStaple(gone))
	}
	names := f.list("staple")
	if len(names) == 0 {
		return fault.New(fault.InvalidInput, "settings", "staples: write what you always have at home")
	}
	for _, n := range names {
		if err := u.Settings.AddStaple(n); err != nil {
			return fault.Wrap(fault.InvalidInput, "settings", err)
		}
	}
	return nil
}
