package connection_test

import (
	"context"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// office holds users, by the library that they cook from, and the libraries.
type office struct {
	users     map[string]string
	libraries map[string]recipe.Connection
	changed   string // which library, what of it, and by whom
}

// open returns an office in which every user's library was connected by an invited person or not.
func open(invited bool, users map[string]string) *office {
	o := &office{users: users, libraries: map[string]recipe.Connection{}}
	for _, id := range users {
		o.libraries[id] = recipe.Connection{ID: id, URL: "http://tandoor", Sealed: []byte{1}, Invited: invited}
	}
	return o
}

func (o *office) Get(_ context.Context, id string) (user.User, error) {
	if o.users[id] == "" {
		return user.User{}, fault.New(fault.NotFound, "user", "none")
	}
	return user.User{ID: id, Connection: o.users[id]}, nil
}

func (o *office) Connection(_ context.Context, id string) (recipe.Connection, error) {
	c, ok := o.libraries[id]
	if !ok {
		return c, fault.New(fault.NotFound, "connection", "none")
	}
	return c, nil
}

func (o *office) ChangeConnection(_ context.Context, c recipe.Connection, by string) error {
	o.libraries[c.ID], o.changed = c, c.ID+" by "+by
	return nil
}

func (o *office) SetWriteBack(_ context.Context, read recipe.Connection, on bool, by string) error {
	if c := o.libraries[read.ID]; !c.SameLibrary(read) {
		return fault.New(fault.Conflict, "connection", "changed")
	}
	o.changed = read.ID + " off by " + by
	if on {
		o.changed = read.ID + " on by " + by
	}
	return nil
}

func (o *office) CookingFrom(_ context.Context, connection string) (n int, err error) {
	for _, c := range o.users {
		if c == connection {
			n++
		}
	}
	return n, nil
}

// Write-back is turned on by whoever connected the library, after it was asked whether it can be;
// off without asking.
func TestOnlyAnOwnersLibraryIsWrittenTo(t *testing.T) {
	t.Parallel()
	type users = map[string]string
	for name, c := range map[string]struct {
		store   *office
		problem error
		on, off fault.Kind
	}{
		"their own":              {open(true, users{"ana": "ana"}), nil, "", ""},
		"their second":           {open(true, users{"ana": "ana_2"}), nil, "", ""},
		"an operator's":          {open(false, users{"ana": "home"}), nil, fault.Conflict, fault.Conflict},
		"an operator's for them": {open(false, users{"ana": "ana"}), nil, fault.Conflict, fault.Conflict},
		"another person's":       {open(true, users{"ana": "ana_2", "ana_2": "ana_2"}), nil, fault.Conflict, fault.Conflict},
		"called alike":           {open(true, users{"ana": "ana_b"}), nil, fault.Conflict, fault.Conflict},
		"a token that may not":   {open(true, users{"ana": "ana"}), fault.New(fault.Unauthorized, "", "no"), fault.Conflict, ""},
		"a Tandoor that is off":  {open(true, users{"ana": "ana"}), fault.New(fault.NetworkError, "", "no"), fault.NetworkError, ""},
		"nobody":                 {open(true, users{}), nil, fault.NotFound, fault.NotFound},
	} {
		s := connection.New(c.store, func(_ context.Context, asked recipe.Connection) error {
			if !asked.WriteBack {
				t.Errorf("%s: asked whether it can be read", name)
			}
			return c.problem
		}, nil)
		for word, want := range map[string]fault.Kind{"on": c.on, "off": c.off} {
			c.store.changed = ""
			if err := s.SetWriteBack(t.Context(), "ana", word == "on"); fault.KindOf(err) != want {
				t.Errorf("%s, %s: %v", name, word, err)
			}
			changed := ""
			if want == "" {
				changed = c.store.users["ana"] + " " + word + " by ana"
			}
			if c.store.changed != changed {
				t.Errorf("%s, %s: changed is %q, want %q", name, word, c.store.changed, changed)
			}
		}
	}
}

// A page offers write-back to whom it would obey, and says how many others it is about.
func TestAPageKnowsWhoseLibraryItIs(t *testing.T) {
	t.Parallel()
	ana := user.User{ID: "ana", Connection: "ana"}
	for invited, others := range map[bool]int{true: 2, false: 0} {
		users := map[string]string{"ana": "ana", "eve": "eve"}
		if others > 0 {
			users["bo"], users["cy"] = "ana", "ana"
		}
		s := connection.New(open(invited, users), nil, nil)
		if owns, err := s.Owns(t.Context(), ana); err != nil || owns != invited {
			t.Errorf("connected by themselves %t: owns is %t, %v", invited, owns, err)
		}
		if n, err := s.Others(t.Context(), ana); err != nil || n != others {
			t.Errorf("%d others, want %d: %v", n, others, err)
		}
	}
}

// What happens to a connection while its library is asked, which takes seconds, stays.
func TestAConnectionChangesWhileItsLibraryIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(o *office)
		kind      fault.Kind
	}{
		"nothing":       {func(*office) {}, ""},
		"it is deleted": {func(o *office) { delete(o.libraries, "ana") }, fault.NotFound},
		"its token is new": {func(o *office) {
			o.libraries["ana"] = recipe.Connection{ID: "ana", URL: "http://tandoor", Sealed: []byte{3}}
		}, fault.Conflict},
		"it moves": {func(o *office) {
			o.libraries["ana"] = recipe.Connection{ID: "ana", URL: "http://new", Sealed: []byte{1}}
		}, fault.Conflict},
		"it is written to":   {func(o *office) { o.set("ana", func(c *recipe.Connection) { c.WriteBack = true }) }, ""},
		"it is an invitee's": {func(o *office) { o.set("ana", func(c *recipe.Connection) { c.Invited = true }) }, ""},
	} {
		o := open(false, map[string]string{"ana": "ana"})
		var want recipe.Connection
		s := connection.New(o, func(context.Context, recipe.Connection) error {
			c.meanwhile(o)
			want = o.libraries["ana"]
			return nil
		}, nil)
		_, err := s.Change(t.Context(), "ana", "operator", func(c *recipe.Connection) { c.Sealed = []byte{2} })
		if fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if c.kind == "" {
			want.Sealed = []byte{2}
		}
		got, there := o.libraries["ana"]
		if there != (c.kind != fault.NotFound) || got.URL != want.URL || string(got.Sealed) != string(want.Sealed) || got.WriteBack != want.WriteBack || got.Invited != want.Invited {
			t.Errorf("%s: the connection is %+v, want %+v", name, got, want)
		}
	}
}

// An operator, too, turns write-back off while Tandoor is down; nothing else is stored unasked.
func TestTurningWriteBackOffAsksNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(c *recipe.Connection)
		kind   fault.Kind
	}{
		"off":                 {func(c *recipe.Connection) { c.WriteBack = false }, ""},
		"off and a new token": {func(c *recipe.Connection) { c.WriteBack, c.Sealed = false, []byte{2} }, fault.NetworkError},
		"on":                  {func(c *recipe.Connection) { c.WriteBack = true }, fault.NetworkError},
	} {
		o := open(false, map[string]string{"ana": "ana"})
		o.set("ana", func(c *recipe.Connection) { c.WriteBack = true })
		s := connection.New(o, func(context.Context, recipe.Connection) error { return fault.New(fault.NetworkError, "", "down") }, nil)
		if _, err := s.Change(t.Context(), "ana", "operator", c.change); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if on := o.libraries["ana"].WriteBack; on != (c.kind != "") {
			t.Errorf("%s: write-back is %t", name, on)
		}
	}
}

// set changes a stored library.
func (o *office) set(id string, change func(c *recipe.Connection)) {
	c := o.libraries[id]
	change(&c)
	o.libraries[id] = c
}

// A supermarket is looked up in the library before it is stored; what its keywords mean is not.
func TestAnotherSupermarketAsksTheLibrary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*recipe.Connection)
		asked  bool
	}{
		"another supermarket": {func(c *recipe.Connection) { c.Supermarket = "Corner shop" }, true},
		"none any more":       {func(c *recipe.Connection) { c.Supermarket = "" }, false},
		"a keyword": {func(c *recipe.Connection) {
			c.KeywordMeals = map[string][]recipe.Meal{"brunch": {recipe.Breakfast}}
		}, false},
	} {
		o := open(false, map[string]string{"ana": "ana"})
		o.set("ana", func(c *recipe.Connection) { c.Supermarket = "Market hall" })
		asked := false
		s := connection.New(o, func(context.Context, recipe.Connection) error { asked = true; return nil }, nil)
		if _, err := s.Change(t.Context(), "ana", "operator", c.change); err != nil || asked != c.asked {
			t.Errorf("%s: asked %t, %v", name, asked, err)
		}
	}
}
