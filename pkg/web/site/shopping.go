package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

// shoppingPage is a list to work off.
type shoppingPage struct {
	shopping.List
	Path    string // where its forms go
	Owner   string // names whose list it is, for what browsers keep
	Share   string // an address for others; empty on that address itself
	Pushes  bool   // the library takes the list
	Owned   bool   // whoever looks may let it
	Meals   string // what addresses of meals begin with; empty where they are not seen
	Problem string // why something was not done
}

// Prev is the week before.
func (p shoppingPage) Prev() calendar.Date { return p.Week - 7 }

// Next is the week after.
func (p shoppingPage) Next() calendar.Date { return p.Week + 7 }

// Columns are the aisles in a desk's two columns; the first holds at least half of the lines.
func (p shoppingPage) Columns() [2][]shopping.Section {
	all := len(p.Own) + len(p.Pantry)
	for _, s := range p.Sections {
		all += len(s.Items)
	}
	cut, lines := 0, 0
	for cut < len(p.Sections) && lines*2 < all {
		lines += len(p.Sections[cut].Items)
		cut++
	}
	return [2][]shopping.Section{p.Sections[:cut], p.Sections[cut:]}
}

func (s *Site) thisList(w http.ResponseWriter, r *http.Request, id string) error {
	return s.thisWeekOf(w, r, id, "/shopping/")
}

func (s *Site) list(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	l, err := s.Shopping.List(r.Context(), id, week)
	if fault.KindOf(err) == fault.NotFound && !wantsJSON(r) {
		return s.show(w, r, view{file: "nolist.html", title: message.Textf("Shopping list"), nav: "shopping", data: shoppingPage{List: shopping.List{Week: week}}})
	}
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		return reply(w, l)
	}
	page := shoppingPage{List: l, Path: s.at("/shopping/" + week.String()), Meals: s.at("/meal"), Owner: owner(id, week), Share: s.Share(id, week)}
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	if _, page.Pushes, err = s.Beginning.Library(r.Context(), u.Connection); err != nil {
		return err
	}
	if page.Owned, err = s.Connections.Owns(r.Context(), u); err != nil {
		return err
	}
	return s.show(w, r, view{file: "shopping.html", title: message.Textf("Shopping list"), nav: "shopping", data: page})
}

// reply answers a script.
func reply(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// sharedList is the list for those who have its address.
func (s *Site) sharedList(w http.ResponseWriter, r *http.Request) error {
	return s.guest(w, r, "")
}

// guest shows a shared list, and why something was not done.
func (s *Site) guest(w http.ResponseWriter, r *http.Request, problem string) error {
	id, week, err := s.shared(r)
	if err != nil {
		return err
	}
	l, err := s.Shopping.List(r.Context(), id, week)
	if err != nil {
		return guestError(err)
	}
	for i := range l.Own {
		l.Own[i].Fixed = true
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, view{file: "shopping.html", title: message.Textf("Shopping list"), status: status, data: shoppingPage{List: l, Path: s.at("/list/" + r.PathValue("token")), Owner: owner(id, week), Problem: problem}})
}

// shared is whose list of which week the address is for.
func (s *Site) shared(r *http.Request) (string, calendar.Date, error) {
	id, week, err := s.Shared(r.Context(), r.PathValue("token"))
	return id, week, guestError(err)
}

// guestError keeps from guests who has which plan.
func guestError(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.NotFound, "shopping list", "this list, or what was ticked, is no more: load it anew")
	}
	return err
}

// owner names whose list it is without saying it.
func owner(id string, week calendar.Date) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8]) + "-" + week.String()
}

// sharedShop ticks and unticks, and does nothing else.
func (s *Site) sharedShop(w http.ResponseWriter, r *http.Request) error {
	id, week, err := s.shared(r)
	if err != nil {
		return err
	}
	if do := r.PostForm.Get("do"); !slices.Contains([]string{"tick", "untick", "tick-own", "untick-own"}, do) {
		return fault.New(fault.Unauthorized, "shopping list", "with this address you can tick the list, and nothing else")
	}
	return s.shopped(w, r, id, week, "/list/"+r.PathValue("token"))
}

func (s *Site) sharedEvents(w http.ResponseWriter, r *http.Request) error {
	id, week, err := s.shared(r)
	if err != nil {
		return err
	}
	return s.watch(w, r, id, week)
}

// shop does what the form's field "do" says.
func (s *Site) shop(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	path := "/shopping/" + week.String()
	switch do := r.PostForm.Get("do"); do {
	case "always", "not-always":
		return s.always(w, r, id, week, path)
	default:
		return s.shopped(w, r, id, week, path)
	}
}

func (s *Site) shopped(w http.ResponseWriter, r *http.Request, id string, week calendar.Date, path string) error {
	if err := s.changeList(r, id, week); err != nil {
		if kind := fault.KindOf(err); !wantsJSON(r) && (kind == fault.NotFound || kind == fault.InvalidInput) {
			if r.PathValue("token") != "" {
				return s.guest(w, r, message.Sentence(fault.In(guestError(err), spoken(r))))
			}
			return s.refuse(w, r, path, message.Textf("%s", message.Sentence(fault.In(err, spoken(r)))))
		}
		return err
	}
	if wantsJSON(r) {
		l, err := s.Shopping.List(r.Context(), id, week)
		if err != nil {
			return err
		}
		return reply(w, l)
	}
	return s.back(w, r, path, message.Text{})
}

func (s *Site) changeList(r *http.Request, id string, week calendar.Date) error {
	const op = "shopping list"
	do, ctx := r.PostForm.Get("do"), r.Context()
	switch do {
	case "tick", "untick":
		return s.Shopping.Tick(ctx, id, week, r.PostForm.Get("key"), do == "tick")
	case "have", "need":
		return s.Shopping.Have(ctx, id, week, r.PostForm.Get("key"), do == "have")
	case "add":
		_, err := s.Shopping.Add(ctx, id, week, r.PostForm.Get("text"))
		return err
	case "tick-own", "untick-own", "remove":
		item, err := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
		if err != nil {
			return fault.New(fault.InvalidInput, op, "id: %q is no number", r.PostForm.Get("id"))
		}
		if do == "remove" {
			return s.Shopping.Remove(ctx, id, week, item)
		}
		return s.Shopping.TickOwn(ctx, id, week, item, do == "tick-own")
	default:
		return fault.New(fault.InvalidInput, op, "do: %q is not tick, untick, have, need, always, not-always, add, tick-own, untick-own or remove", do)
	}
}

func (s *Site) listText(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	l, err := s.Shopping.List(r.Context(), id, week)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprint(w, l.Text(spoken(r))) // the reader went away
	return nil
}

// How often a browser that watches a list learns of changes, and for how long one connection
// serves it; it then connects anew.
const (
	watchEvery = 2 * time.Second
	watchFor   = 50 * time.Second
)

func (s *Site) listEvents(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	return s.watch(w, r, id, week)
}

// watch tells a browser when the list has changed: server-sent events whose data is the new
// version.
func (s *Site) watch(w http.ResponseWriter, r *http.Request, id string, week calendar.Date) error {
	version, err := s.Shopping.Version(r.Context(), id, week)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	out := http.NewResponseController(w)
	tell := func(v int64) error {
		if _, err := fmt.Fprintf(w, "retry: 1000\ndata: %d\n\n", v); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := tell(version); err != nil {
		return nil // the reader went away
	}
	tick, end := time.NewTicker(watchEvery), time.NewTimer(watchFor)
	defer tick.Stop()
	defer end.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.closing:
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
		}
		now, err := s.Shopping.Version(r.Context(), id, week)
		if err != nil {
			return nil // the answer has begun; the browser connects anew
		}
		if now != version {
			if version = now; tell(version) != nil {
				return nil
			}
		}
	}
}
