package site

import (
	"context"
	"encoding/hex"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Invitations are those of people who set themselves up.
type Invitations interface {
	Open(ctx context.Context, token string) (invite.Invitation, error)
	Get(ctx context.Context, id string) (invite.Invitation, error)
	Connect(ctx context.Context, id, url string, token seal.Secret, writeBack bool) error
	Pass(ctx context.Context, id string, step invite.Step, change func(*user.User) error) error
	Accept(ctx context.Context, id string) (user.User, error)
}

// Beginning is what happens before a user's first plan.
type Beginning interface {
	// Library says where a connection is and whether plans are written to it.
	Library(ctx context.Context, connection string) (url string, writeBack bool, err error)
	// Import fetches a connection's recipes, unless that is done.
	Import(ctx context.Context, connection string) error
	// Reread fetches all of a connection's recipes anew.
	Reread(ctx context.Context, connection string) error
	// PlanFirst plans the user's first week.
	PlanFirst(ctx context.Context, userID string) error
	// Progress says how far it is.
	Progress(ctx context.Context, userID string) (Progress, error)
}

// Progress is how far a first week is.
type Progress struct {
	Week      calendar.Date // planned; 0: none is
	Importing bool
	Recipes   int
	Of        int   // recipes that the library has; 0: it is not known
	Problem   error // why no week comes; nil: one is under way
}

// firstPage is how far a first week is, and why it does not come.
type firstPage struct {
	Progress
	Problem string
}

// setupStep is a step of the set-up: its address, and what stands on its page.
type setupStep struct {
	name         string
	label, title message.Text
}

var setupSteps = [invite.Done]setupStep{
	invite.Library:  {"library", message.Textf("Recipes"), message.Textf("Where your recipes are")},
	invite.Eaters:   {"eaters", message.Textf("Who eats"), message.Textf("Who eats")},
	invite.Targets:  {"targets", message.Textf("Targets"), message.Textf("Your daily targets")},
	invite.Food:     {"food", message.Textf("Foods"), message.Textf("What must not be on the plate")},
	invite.Schedule: {"schedule", message.Textf("When"), message.Textf("When the week is planned")},
}

func stepNamed(name string) (invite.Step, error) {
	for i, s := range setupSteps {
		if s.name == name {
			return invite.Step(i), nil
		}
	}
	return 0, fault.New(fault.NotFound, "set-up", "there is no step %q", name)
}

// setupPage is a step with what was entered.
type setupPage struct {
	*settingsPage
	Steps            []stepTab
	Step             string
	Title            message.Text
	URL              string
	WriteBack, Fixed bool
	Adults, Children int
	Share            string
}

// stepTab leads to a step.
type stepTab struct {
	Name       string
	Label      message.Text
	Here, Open bool
}

// What sessions hold of somebody who is invited: the id of the user to be, and the digest of the
// link, so that one that was replaced ends what was opened by it.
const (
	sessionInvited = "invited"
	sessionLink    = "invited_by"
)

// invitation says whom it is for, and asks for a press of a button, as signing in does.
func (s *Site) invitation(w http.ResponseWriter, r *http.Request) error {
	inv, err := s.Invitations.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "invitation.html", title: message.Textf("Your meal plan"), data: inv.User})
}

func (s *Site) openInvitation(w http.ResponseWriter, r *http.Request) error {
	inv, err := s.Invitations.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	forget(w.Header())
	if err := s.sessions.Destroy(r.Context()); err != nil { // of somebody else on this browser
		return err
	}
	s.sessions.Put(r.Context(), sessionInvited, inv.User.ID)
	s.sessions.Put(r.Context(), sessionLink, hex.EncodeToString(inv.Link))
	http.Redirect(w, r, s.at("/setup"), http.StatusSeeOther)
	return nil
}

// invited is a page of the set-up.
func (s *Site) invited(h func(http.ResponseWriter, *http.Request, invite.Invitation) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := s.sessions.GetString(r.Context(), sessionInvited)
		if id == "" {
			return fault.New(fault.Unauthorized, "set-up", "open the link of your invitation first; if you were here before, sign in")
		}
		inv, err := s.Invitations.Get(r.Context(), id)
		if fault.KindOf(err) == fault.NotFound || err == nil && hex.EncodeToString(inv.Link) != s.sessions.GetString(r.Context(), sessionLink) {
			return invitationOver()
		}
		if err != nil {
			return err
		}
		if inv.User.Settings.Language == "" { // until they choose
			inv.User.Settings.Language = message.Language(spoken(r).Tag())
		}
		readerOf(r).language = inv.User.Settings.Language
		return h(w, r, inv)
	}
}

func invitationOver() error {
	return fault.New(fault.Unauthorized, "set-up", "this invitation has ended: ask for another, or sign in if you are done")
}

func (s *Site) setup(w http.ResponseWriter, r *http.Request, inv invite.Invitation) error {
	http.Redirect(w, r, s.at("/setup/"+setupSteps[min(inv.Next, invite.Schedule)].name), http.StatusSeeOther)
	return nil
}

func (s *Site) setupStep(w http.ResponseWriter, r *http.Request, inv invite.Invitation) error {
	step, err := stepNamed(r.PathValue("step"))
	if err != nil {
		return err
	}
	if step > inv.Next {
		return s.setup(w, r, inv)
	}
	page, err := s.setupPage(r.Context(), inv, step)
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "setup.html", title: page.Title, data: page})
}

func (s *Site) setupPage(ctx context.Context, inv invite.Invitation, step invite.Step) (*setupPage, error) {
	p := &setupPage{settingsPage: settingsOf(inv.User), Step: setupSteps[step].name, Title: setupSteps[step].title, Fixed: inv.User.Connection != "" && !inv.Owned, WriteBack: true}
	for i, t := range setupSteps {
		p.Steps = append(p.Steps, stepTab{t.name, t.label, invite.Step(i) == step, invite.Step(i) <= inv.Next})
	}
	if inv.User.Connection != "" {
		var err error
		if p.URL, p.WriteBack, err = s.Beginning.Library(ctx, inv.User.Connection); err != nil {
			return nil, err
		}
	}
	p.Adults, p.Share = inv.User.People, "0.6"
	if eaters := inv.User.Settings.Cooking.Eaters; len(eaters) > 0 {
		p.Adults = 0
		for _, e := range eaters {
			if e == nutrition.OneServing {
				p.Adults++
			} else {
				p.Children++
				p.Share = e.String()
			}
		}
	}
	return p, nil
}

// passStep stores a step and leads to the next; what was wrong is said beside what was typed.
func (s *Site) passStep(w http.ResponseWriter, r *http.Request, inv invite.Invitation) error {
	step, err := stepNamed(r.PathValue("step"))
	if err != nil {
		return err
	}
	if step > inv.Next {
		return s.setup(w, r, inv)
	}
	name := ""
	switch step {
	case invite.Library:
		err = s.connect(r, inv)
	case invite.Eaters:
		err = s.Invitations.Pass(r.Context(), inv.User.ID, step, func(u *user.User) error { return setEaters(form{r.PostForm}, u) })
	case invite.Targets:
		name = "targets"
		if r.PostForm.Get("how") == "body" {
			name = "body"
		}
	case invite.Food:
		name = "food"
	default:
		name = "plan"
	}
	if name != "" {
		err = s.Invitations.Pass(r.Context(), inv.User.ID, step, func(u *user.User) error { return forms[name](form{r.PostForm}, u) })
	}
	if err != nil {
		return s.refuseStep(w, r, inv, step, name, err)
	}
	switch {
	case step == invite.Schedule:
		return s.accept(w, r, inv)
	case name == "body": // shows the arithmetic first
		http.Redirect(w, r, s.at("/setup/targets"), http.StatusSeeOther)
	default:
		http.Redirect(w, r, s.at("/setup/"+setupSteps[step+1].name), http.StatusSeeOther)
	}
	return nil
}

// refuseStep shows a step again with what was typed, and why it was refused. What is wrong with a
// library stands there whatever its kind: the visitor entered its address.
func (s *Site) refuseStep(w http.ResponseWriter, r *http.Request, inv invite.Invitation, step invite.Step, name string, cause error) error {
	kind := fault.KindOf(cause)
	if kind == fault.NotFound {
		if _, err := s.Invitations.Get(r.Context(), inv.User.ID); fault.KindOf(err) == fault.NotFound {
			return invitationOver()
		}
	}
	if !correctable(cause) && (step != invite.Library || kind == fault.Internal || kind == fault.DatabaseError) {
		return cause
	}
	page, err := s.setupPage(r.Context(), inv, step)
	if err != nil {
		return err
	}
	typed := url.Values{}
	for field, v := range r.PostForm {
		if field != "token" {
			typed[field] = v
		}
	}
	why := refusalOf(r, cause)
	why.Problem = message.Sentence(fault.In(cause, spoken(r)))
	if step == invite.Library {
		why = refusal{Field: "url", why: s.unfit(cause, typed.Get("url"), spoken(r))}
		if why.Problem = why.why; kind == fault.Unauthorized {
			why.Field = "token"
		}
	}
	page.refuse(name, typed, why)
	if step == invite.Library {
		page.WriteBack = typed.Has("write_back")
	}
	return s.show(w, r, view{file: "setup.html", title: page.Title, status: http.StatusUnprocessableEntity, data: page})
}

// unfit says what is wrong with a library, without a word of what answered there.
func (*Site) unfit(cause error, address string, l message.Language) string {
	switch fault.KindOf(cause) {
	case fault.NetworkError, fault.TimeoutError, fault.Unavailable, fault.Canceled:
		return l.Say("No answer came from %s: check the address, and that this service can reach it.", address)
	case fault.TandoorError, fault.QuotaExceeded:
		return l.Say("What answers at %s is not Tandoor's API: check the address, with its path.", address)
	case fault.Unauthorized:
		return l.Say("Tandoor refuses the token: make one with the scopes read and write, or without write if nothing is to be written there.")
	default:
		return message.Sentence(fault.In(cause, l))
	}
}

// How long a library may take to answer, and the work after an answer.
const (
	checkWithin  = 25 * time.Second
	importWithin = 20 * time.Minute
)

// connect checks the library and begins to fetch its recipes, while the visitor goes on.
func (s *Site) connect(r *http.Request, inv invite.Invitation) error {
	ctx, cancel := context.WithTimeout(r.Context(), checkWithin)
	defer cancel()
	f := form{r.PostForm}
	if err := s.Invitations.Connect(ctx, inv.User.ID, f.get("url"), seal.Secret(f.get("token")), f.get("write_back") != ""); err != nil {
		return err
	}
	s.afterwards(r.Context(), importWithin, "fetch recipes", func(ctx context.Context) error {
		inv, err := s.Invitations.Get(ctx, inv.User.ID)
		if err != nil {
			return err
		}
		return s.Beginning.Import(ctx, inv.User.Connection)
	})
	return nil
}

// afterwards does what a visitor does not wait for.
func (s *Site) afterwards(ctx context.Context, within time.Duration, work string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	s.work.Go(func() { // ends with the server
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	})
	s.work.Go(func() {
		defer cancel()
		if err := fault.Guarded(work, func() error { return do(ctx) })(); err != nil && (ctx.Err() == nil || fault.Stack(err) != "") {
			s.log.ErrorContext(ctx, "Work after a page failed", append([]any{"component", "web", "work", work}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	})
}

// accept makes a user of the visitor, signs them in, and plans their first week.
func (s *Site) accept(w http.ResponseWriter, r *http.Request, inv invite.Invitation) error {
	u, err := s.Invitations.Accept(r.Context(), inv.User.ID)
	if fault.KindOf(err) == fault.NotFound {
		return invitationOver()
	}
	if err != nil {
		return err
	}
	s.planFirst(r.Context(), u.ID)
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Remove(r.Context(), sessionInvited)
	s.sessions.Put(r.Context(), sessionUser, u.ID)
	http.Redirect(w, r, s.at("/first"), http.StatusSeeOther)
	return nil
}

// planFirst plans a first week, unless that is under way.
func (s *Site) planFirst(ctx context.Context, id string) {
	if _, runs := s.planning.LoadOrStore(id, true); runs {
		return
	}
	s.afterwards(ctx, importWithin, "plan a first week", func(ctx context.Context) error {
		defer s.planning.Delete(id)
		err := s.Beginning.PlanFirst(ctx, id)
		if s.failed.Delete(id); err != nil {
			s.failed.Store(id, err)
		}
		return err
	})
}

// unplanned says why a first week does not come; "": it is under way.
func (s *Site) unplanned(id string, p Progress, l message.Language) string {
	err := p.Problem
	if _, runs := s.planning.Load(id); err == nil && !runs {
		if last, ok := s.failed.Load(id); ok {
			err = last.(error)
		}
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return ""
	case correctable(err) || kind == fault.NoRecipesAvailable || kind == fault.NotEnoughRecipes || kind == fault.InvalidConstraints:
		return message.Sentence(fault.In(err, l))
	case p.Importing || kind == fault.NetworkError || kind == fault.Unavailable || kind == fault.TandoorError || kind == fault.Unauthorized:
		return l.Say("Your recipes cannot be fetched: your Tandoor does not answer, or refuses the token.")
	default:
		return l.Say("Something went wrong on our side, and your week is not planned yet. It is tried again by itself; you can try now, too.")
	}
}

// first shows how far the first week is, and leads to it.
func (s *Site) first(w http.ResponseWriter, r *http.Request, id string) error {
	p, err := s.Beginning.Progress(r.Context(), id)
	if err != nil {
		return err
	}
	if p.Week != 0 {
		s.failed.Delete(id)
		http.Redirect(w, r, s.at("/week/"+p.Week.String()), http.StatusSeeOther)
		return nil
	}
	page := firstPage{p, s.unplanned(id, p, spoken(r))}
	if page.Problem == "" {
		w.Header().Set("Refresh", "2")
	}
	return s.show(w, r, view{file: "first.html", title: message.Textf("Your first week"), nav: "week", data: page})
}

func (s *Site) tryFirst(w http.ResponseWriter, r *http.Request, id string) error {
	s.planFirst(r.Context(), id)
	return s.refuse(w, r, "/first", message.Text{}) // nothing yet: what fails at once can be tried at once
}

// setEaters sets who eats: adults, children, and their share of a portion.
func setEaters(f form, u *user.User) error {
	if err := setPerson(f, u); err != nil {
		return err
	}
	const mostAdults, mostChildren, leastShare = 12, 8, 0.1
	adults, err := f.number(message.Mark("adults"), 1, mostAdults)
	if err != nil {
		return err
	}
	children, err := f.number(message.Mark("children"), 0, mostChildren)
	if err != nil {
		return err
	}
	if adults != math.Trunc(adults) || children != math.Trunc(children) {
		return fault.New(fault.InvalidInput, "set-up", "adults and children: write whole numbers")
	}
	share, err := f.number(message.Mark("share"), leastShare, 1)
	if err != nil {
		return err
	}
	u.People, u.Settings.Cooking.Eaters = int(adults+children), nil
	if children > 0 {
		for range int(adults) {
			u.Settings.Cooking.Eaters = append(u.Settings.Cooking.Eaters, nutrition.OneServing)
		}
		for range int(children) {
			u.Settings.Cooking.Eaters = append(u.Settings.Cooking.Eaters, nutrition.Servings(math.Round(share*float64(nutrition.OneServing))))
		}
	}
	return nil
}

// whole is a number without its fraction.
func whole(f float64) string { return strconv.Itoa(int(math.Round(f))) }
