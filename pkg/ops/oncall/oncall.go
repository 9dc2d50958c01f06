// Package oncall says who is on call: a rotation file names the people of each escalation
// tier, who takes turns, and exceptions.
package oncall

import (
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Tiers are those that have people: the on-call engineer (2), the engineering lead (3)
// and whoever leads an incident (4). Tier 1 is automatic.
var Tiers = []int{2, 3, 4}

// Person is someone who can be paged.
type Person struct {
	Name  string `yaml:"name"`
	Slack string `yaml:"slack"` // member id, for a mention
	Phone string `yaml:"phone"`
}

// Rotation is who is on call when.
type Rotation struct {
	zone      *time.Location
	start     time.Time
	turns     map[int]turn
	overrides []override
}

type turn struct {
	people []Person
	days   int
}

type override struct {
	tier     int
	person   Person
	from, to time.Time
}

type file struct {
	TimeZone string `yaml:"time_zone"`
	Start    string `yaml:"start"` // the first handover, on the zone's wall clock
	People   []Person
	Tiers    []struct {
		Tier   int      `yaml:"tier"`
		Days   int      `yaml:"days"`
		People []string `yaml:"people"`
	}
	Overrides []struct {
		Tier   int    `yaml:"tier"`
		Person string `yaml:"person"`
		From   string `yaml:"from"`
		To     string `yaml:"to"`
	}
}

// maxSize bounds the file, in bytes.
const maxSize = 1 << 20

// wallClock is how times are written in the file.
const wallClock = "2006-01-02 15:04"

// Read reads a rotation file, strictly. Errors name the field.
func Read(r io.Reader) (*Rotation, error) {
	bad := func(field, format string, args ...any) (*Rotation, error) {
		return nil, fault.New(fault.InvalidConfig, "rotation: "+field, format, args...)
	}
	d := yaml.NewDecoder(io.LimitReader(r, maxSize))
	d.KnownFields(true)
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, "rotation", err)
	}
	zone, err := time.LoadLocation(f.TimeZone)
	if err != nil || f.TimeZone == "" || f.TimeZone == "Local" {
		return bad("time_zone", "%q is not an IANA time zone", f.TimeZone)
	}
	out := &Rotation{zone: zone, turns: map[int]turn{}}
	if out.start, err = time.ParseInLocation(wallClock, f.Start, zone); err != nil {
		return bad("start", "%q: want a time like %q", f.Start, wallClock)
	}
	people := map[string]Person{}
	for i, p := range f.People {
		if _, twice := people[p.Name]; p.Name == "" || twice {
			return bad(fmt.Sprintf("people[%d].name", i), "%q is empty or occurs twice", p.Name)
		}
		people[p.Name] = p
	}
	for i, t := range f.Tiers {
		field := fmt.Sprintf("tiers[%d]", i)
		switch _, twice := out.turns[t.Tier]; {
		case !slices.Contains(Tiers, t.Tier):
			return bad(field+".tier", "%d is not one of %v", t.Tier, Tiers)
		case twice:
			return bad(field+".tier", "%d occurs twice", t.Tier)
		case t.Days < 1 || t.Days > 366:
			return bad(field+".days", "%d is not between 1 and 366", t.Days)
		case len(t.People) == 0:
			return bad(field+".people", "no one is named")
		}
		turn := turn{days: t.Days}
		for _, name := range t.People {
			p, ok := people[name]
			if !ok {
				return bad(field+".people", "%q is not among the people", name)
			}
			turn.people = append(turn.people, p)
		}
		out.turns[t.Tier] = turn
	}
	for _, tier := range Tiers {
		if _, ok := out.turns[tier]; !ok {
			return bad("tiers", "tier %d is missing", tier)
		}
	}
	for i, o := range f.Overrides {
		field := fmt.Sprintf("overrides[%d]", i)
		p, ok := people[o.Person]
		if !ok {
			return bad(field+".person", "%q is not among the people", o.Person)
		}
		if !slices.Contains(Tiers, o.Tier) {
			return bad(field+".tier", "%d is not one of %v", o.Tier, Tiers)
		}
		from, err1 := time.ParseInLocation(wallClock, o.From, zone)
		to, err2 := time.ParseInLocation(wallClock, o.To, zone)
		if err1 != nil || err2 != nil || !from.Before(to) {
			return bad(field, "%q to %q: want two times like %q in their order", o.From, o.To, wallClock)
		}
		out.overrides = append(out.overrides, override{o.Tier, p, from, to})
	}
	return out, nil
}

// At returns who of the tier is on call. Before the first handover it is the first of the
// list. Handovers keep to the wall clock when clocks change. It panics for a tier that is
// not one of [Tiers].
func (r *Rotation) At(t time.Time, tier int) Person {
	for _, o := range slices.Backward(r.overrides) { // the last word counts
		if o.tier == tier && !t.Before(o.from) && t.Before(o.to) {
			return o.person
		}
	}
	turn, ok := r.turns[tier]
	if !ok {
		panic(fmt.Sprintf("oncall: no tier %d", tier))
	}
	if t.Before(r.start) {
		return turn.people[0]
	}
	n := int(t.Sub(r.start)/(24*time.Hour)) / turn.days
	for n > 0 && t.Before(r.handover(n*turn.days)) { // a day of 25 hours
		n--
	}
	for !t.Before(r.handover((n + 1) * turn.days)) { // a day of 23
		n++
	}
	return turn.people[n%len(turn.people)]
}

// handover is the time of the handover that many days after the first.
func (r *Rotation) handover(days int) time.Time {
	s := r.start
	return time.Date(s.Year(), s.Month(), s.Day()+days, s.Hour(), s.Minute(), 0, 0, r.zone)
}
