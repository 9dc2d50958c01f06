package tandoortest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type mealType struct {
	id          int
	name, clock string
	order       int
}

type plan struct {
	id, recipe, mealType int
	title, note          string
	servings             float64
	from, to             time.Time
}

// Plans returns the days the meal plans are filed under, by id, in the server's zone.
func (s *Server) Plans() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var days []string
	for _, id := range slices.Sorted(maps.Keys(s.db.plans)) {
		days = append(days, s.db.plans[id].from.In(s.opt.Location).Format(time.DateOnly))
	}
	return days
}

// Move changes the zone of the server, as somebody does who sets TZ and restarts it: what is stored
// stays, and is shown in the new zone.
func (s *Server) Move(zone *time.Location) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Location = zone
}

func (s *Server) mealTypeJSON(t mealType) map[string]any {
	return map[string]any{"id": t.id, "name": t.name, "order": t.order, "time": orNil(t.clock), "color": nil, "created_by": 1}
}

// mealTypeRows are ordered by time of day, those without one last.
func (s *Server) mealTypeRows() (out []any) {
	const last = "99"
	for _, t := range slices.SortedStableFunc(slices.Values(s.db.mealTypes), func(a, b mealType) int {
		return strings.Compare(cmp.Or(a.clock, last), cmp.Or(b.clock, last))
	}) {
		out = append(out, s.mealTypeJSON(t))
	}
	return out
}

// mealTypeCreate returns the existing row, with 201, when the name exists.
func (s *Server) mealTypeCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	name, _ := in["name"].(string)
	if strings.TrimSpace(name) == "" {
		return required("name")
	}
	if i := find(s.db.mealTypes, name, func(t mealType) string { return t.name }); i >= 0 {
		return created(s.mealTypeJSON(s.db.mealTypes[i]))
	}
	t := mealType{id: s.db.id("mealtype"), name: name}
	t.clock, _ = in["time"].(string)
	s.db.mealTypes = append(s.db.mealTypes, t)
	return created(s.mealTypeJSON(t))
}

func (s *Server) mealType(id int) *mealType {
	for i := range s.db.mealTypes {
		if s.db.mealTypes[i].id == id {
			return &s.db.mealTypes[i]
		}
	}
	return nil
}

func (s *Server) planJSON(p *plan) map[string]any {
	t := s.mealType(p.mealType)
	out := map[string]any{
		"id": p.id, "title": p.title, "recipe": nil, "servings": p.servings, "note": p.note, "note_markdown": "<p>" + p.note + "</p>",
		"from_date": s.stamp(p.from), "to_date": s.stamp(p.to), "meal_type": s.mealTypeJSON(*t), "created_by": 1,
		"meal_type_name": t.name, "shopping": s.planHasShopping(p.id),
	}
	if r := s.db.recipes[p.recipe]; r != nil {
		out["recipe"], out["recipe_name"] = s.overviewJSON(r), r.name
	}
	return out
}

func (s *Server) planHasShopping(id int) bool {
	for _, l := range s.db.lists {
		if l.plan == id {
			return true
		}
	}
	return false
}

func (s *Server) planList(r *http.Request) reply {
	plans, bad := s.plansIn(r)
	if bad != nil {
		return *bad
	}
	rows := []any{}
	for _, p := range plans {
		rows = append(rows, s.planJSON(p))
	}
	return s.paginate(r, rows, 50, 200, true)
}

// plansIn returns the plans whose to_date lies in the window asked for, in server time.
func (s *Server) plansIn(r *http.Request) ([]*plan, *reply) {
	now := s.opt.Now().In(s.opt.Location)
	window := map[string]string{
		"from_date": now.AddDate(0, 0, -90).Format(time.DateOnly), "to_date": now.AddDate(0, 0, 360).Format(time.DateOnly),
	}
	for key := range window {
		if v := r.URL.Query().Get(key); v != "" {
			if _, err := time.Parse(time.DateOnly, v); err != nil {
				rep := crash()
				return nil, &rep
			}
			window[key] = v
		}
	}
	var out []*plan
	for _, id := range slices.Sorted(maps.Keys(s.db.plans)) {
		day := s.db.plans[id].to.In(s.opt.Location).Format(time.DateOnly)
		if day >= window["from_date"] && day <= window["to_date"] {
			out = append(out, s.db.plans[id])
		}
	}
	return out, nil
}

func (s *Server) planGet(r *http.Request) reply {
	p, bad := s.planAt(r)
	if bad != nil {
		return *bad
	}
	return ok(s.planJSON(p))
}

// planAt is the meal of the path: the list's window holds for a single one too.
func (s *Server) planAt(r *http.Request) (*plan, *reply) {
	plans, bad := s.plansIn(r)
	if bad != nil {
		return nil, bad
	}
	for _, p := range plans {
		if p.id == pathID(r) {
			return p, nil
		}
	}
	rep := noSuch("MealPlan")
	return nil, &rep
}

func (s *Server) planCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	for _, field := range []string{"from_date", "meal_type", "servings"} {
		if v, there := in[field]; !there || v == nil {
			return required(field)
		}
	}
	p := &plan{}
	if rep := s.planFields(p, in); rep != nil {
		return *rep
	}
	p.id = s.db.id("plan")
	s.db.plans[p.id] = p
	if add, _ := in["addshopping"].(bool); add && s.db.recipes[p.recipe] != nil {
		s.addRecipeShopping(s.db.recipes[p.recipe], p.servings, p.id)
	}
	return created(s.planJSON(p))
}

func (s *Server) planPatch(r *http.Request) reply {
	p, bad := s.planAt(r)
	if bad != nil {
		return *bad
	}
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	if servings, there := decimal(in["servings"]); s.planHasShopping(p.id) {
		if !there {
			return crash()
		}
		s.rescale(p, servings)
	}
	if rep := s.planFields(p, in); rep != nil {
		return *rep
	}
	return ok(s.planJSON(p))
}

// rescale makes the lists of a meal hold as much as the new servings need.
func (s *Server) rescale(p *plan, servings float64) {
	l := s.firstList(p.id)
	if l == nil || l.servings == servings {
		return
	}
	l.servings = servings
	for _, e := range s.db.shopping {
		if e.list == l.id && e.each != 0 { // what was typed in stays
			e.amount = e.each * servings
		}
	}
}

func (s *Server) planDelete(r *http.Request) reply {
	p, bad := s.planAt(r)
	if bad != nil {
		return *bad
	}
	s.deletePlan(p.id)
	return noContent()
}

// deletePlan takes the shopping lists of the meal along.
func (s *Server) deletePlan(id int) {
	delete(s.db.plans, id)
	for listID, l := range s.db.lists {
		if l.plan == id {
			delete(s.db.lists, listID)
			maps.DeleteFunc(s.db.shopping, func(_ int, e *entry) bool { return e.list == listID })
		}
	}
}

// reference reads an id given as a number or as {"id":, "name":}. A number that leads
// nowhere crashes Tandoor; an object without a name is refused.
func reference(v any, field string, exists func(int) bool) (int, *reply) {
	failed := crash()
	switch v := v.(type) {
	case nil:
		return 0, nil
	case float64:
		if exists(int(v)) {
			return int(v), nil
		}
	case map[string]any:
		if _, there := v["name"]; !there {
			rep := invalid(map[string]any{field: map[string]any{"name": []string{"This field is required."}}})
			return 0, &rep
		}
		if id, stated := v["id"].(float64); stated && exists(int(id)) {
			return int(id), nil
		}
	}
	return 0, &failed
}

func (s *Server) planFields(p *plan, in map[string]any) *reply {
	if v, there := in["recipe"]; there {
		id, rep := reference(v, "recipe", func(id int) bool { return s.db.recipes[id] != nil })
		if rep != nil {
			return rep
		}
		p.recipe = id
	}
	if v, there := in["meal_type"]; there {
		id, rep := reference(v, "meal_type", func(id int) bool { return s.mealType(id) != nil })
		if rep != nil {
			return rep
		}
		p.mealType = id
	}
	if v, there := decimal(in["servings"]); there {
		p.servings = v
	}
	if v, there := in["title"].(string); there {
		p.title = v
	}
	if v, there := in["note"].(string); there {
		p.note = v
	}
	for _, field := range []string{"from_date", "to_date"} {
		text, there := in[field].(string)
		if !there {
			continue
		}
		at, err := s.planTime(text, p.mealType)
		if err != nil {
			rep := invalid(map[string]any{field: []string{"Datetime has wrong format."}})
			return &rep
		}
		if field == "from_date" {
			p.from = at
		} else {
			p.to = at
		}
	}
	if p.to.IsZero() {
		p.to = p.from
	}
	return nil
}

// planTime reads a date or a time. Midnight in server time means that no time was given:
// the meal type's counts, else noon.
func (s *Server) planTime(text string, mealTypeID int) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, text, s.opt.Location)
	if err != nil {
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return at, err
		}
	}
	local := at.In(s.opt.Location)
	if local.Hour() != 0 || local.Minute() != 0 || local.Second() != 0 {
		return at, nil
	}
	h, m := 12, 0
	if t := s.mealType(mealTypeID); t != nil && t.clock != "" {
		clock, err := time.Parse(time.TimeOnly, t.clock)
		if err != nil {
			return at, err
		}
		h, m = clock.Hour(), clock.Minute()
	}
	return time.Date(local.Year(), local.Month(), local.Day(), h, m, 0, 0, s.opt.Location), nil
}

func (s *Server) planICal(r *http.Request) reply {
	plans, bad := s.plansIn(r)
	if bad != nil {
		return *bad
	}
	const stamp = "20060102T150405Z"
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tandoor//meal plan//EN\r\n")
	for _, p := range plans {
		summary := p.title
		if rec := s.db.recipes[p.recipe]; rec != nil && summary == "" {
			summary = rec.name
		}
		end := p.to
		if !end.After(p.from) {
			end = p.from.Add(time.Hour)
		}
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:mealplan-%s@tandoor.recipes\r\nDTSTART:%s\r\nDTEND:%s\r\nSUMMARY:%s: %s\r\nEND:VEVENT\r\n",
			strconv.Itoa(p.id), p.from.UTC().Format(stamp), end.UTC().Format(stamp), s.mealType(p.mealType).name, summary)
	}
	b.WriteString("END:VCALENDAR\r\n")
	return reply{status: http.StatusOK, page: b.String(), header: map[string]string{
		"Content-Type": "text/calendar", "Content-Disposition": "inline; filename=meal_plan.ics",
	}}
}
