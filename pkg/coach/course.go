package coach

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Kept is what is kept of the diary service's content, for less than a day.
type Kept interface {
	// Weight returns kilograms; false: none is kept.
	Weight(ctx context.Context, userID string) (float64, bool, error)
	// Usage is the share of today's calls that are used, from 0.
	Usage(ctx context.Context) (float64, error)
}

// Follower lays what was planned and eaten side by side, for who asks.
type Follower struct {
	diary Diary
	users Users
	plans Plans
	kept  Kept
	now   func() time.Time

	mu     sync.Mutex
	recent map[string]reading // by user
}

// reading is what was read of a diary.
type reading struct {
	at          time.Time
	first, last calendar.Date
	eaten       []insight.Eaten
}

// NewFollower returns the use case on its ports.
func NewFollower(d Diary, u Users, p Plans, k Kept, now func() time.Time) *Follower {
	return &Follower{diary: d, users: u, plans: p, kept: k, now: now, recent: map[string]reading{}}
}

// Followed is a course with what else is known.
type Followed struct {
	insight.Course
	Connected bool // a diary is
	Warnings  []message.Text
	Problem   message.Text // why nothing of it is shown; "" if it is
	WeightKG  float64      // the newest known; 0: none
	Measured  bool         // by the diary's service, not stated in the settings
}

const (
	// freshFor is how long a diary is not asked again for the same days: whoever looks twice
	// must not use the calls up that plans and mails need.
	freshFor = 10 * time.Minute
	// patience is how long a page waits for a diary.
	patience = 5 * time.Second
	// spare is the share of the day's calls that is left to plans and mails.
	spare = 0.8
)

// Follow shows the given number of weeks, this one the last. A diary that cannot be read is no
// error: what was planned is shown without it. Kinds of error: those of the other ports.
func (f *Follower) Follow(ctx context.Context, userID string, weeks int) (Followed, error) {
	u, err := f.users.Get(ctx, userID)
	if err != nil {
		return Followed{}, err
	}
	zone, err := u.Location()
	if err != nil {
		return Followed{}, fault.Wrap(fault.InvalidInput, "user", err)
	}
	today := calendar.On(f.now().In(zone))
	last := today.Monday() + 6
	p := insight.Period{Last: last, Days: 7 * weeks, Connected: f.diary.Connected(u), Target: target(u, nil, last), Supervised: u.Settings.Supervised, Body: u.Settings.Body}
	first := last - calendar.Date(p.Days) + 1
	plans, err := f.plans.Between(ctx, u.ID, first, last-6)
	if err != nil {
		return Followed{}, err
	}
	for _, s := range plans {
		p.Plans = append(p.Plans, s.Week)
	}
	out := Followed{Connected: p.Connected}
	if p.Connected {
		p.Eaten, out.Problem = f.eaten(ctx, u, first, today)
	}
	out.Course, out.Warnings = insight.Follow(p), insight.Review(p).Warnings
	if b := u.Settings.Body; b != nil {
		out.WeightKG = b.WeightKG
	}
	if kg, ok, err := f.kept.Weight(ctx, userID); err != nil {
		return out, err
	} else if ok && kg > 0 && p.Connected {
		out.WeightKG, out.Measured = kg, true
	}
	return out, nil
}

// eaten reads the diary, or says why it cannot be read.
func (f *Follower) eaten(ctx context.Context, u user.User, first, today calendar.Date) (eaten []insight.Eaten, problem message.Text) {
	now := f.now()
	f.mu.Lock()
	for id, r := range f.recent {
		if now.Sub(r.at) >= freshFor || now.Before(r.at) {
			delete(f.recent, id)
		}
	}
	was, ok := f.recent[u.ID]
	f.mu.Unlock()
	if ok && was.first <= first && was.last == today {
		return was.eaten, message.Text{}
	}
	if used, err := f.kept.Usage(ctx); err != nil || used >= spare {
		return nil, message.Textf("Most of today's requests to the diary's service are used up, and the rest is kept for plans and mails. What you ate is shown again tomorrow.")
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	eaten, err := f.diary.Eaten(limited, u, first, today)
	switch kind := fault.KindOf(err); {
	case err == nil:
		f.mu.Lock()
		f.recent[u.ID] = reading{now, first, today, eaten}
		f.mu.Unlock()
		return eaten, message.Text{}
	case kind == fault.Unauthorized || kind == fault.NotFound:
		return nil, message.Textf("FatSecret does not let us read your diary any longer. Ask whoever runs this service for a new personal link to connect it.")
	default:
		return nil, message.Textf("Your diary at FatSecret does not answer at this moment. Try again later.")
	}
}
