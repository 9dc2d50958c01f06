package schedule

import "time"

// Entry is the state of one schedule.
type Entry struct {
	Times   Times
	CatchUp time.Duration // how late a missed time is still made up for

	Next           time.Time // when it is due; zero: to be computed
	LastOccurrence time.Time // wall clock of the newest run, see [Times.WallClock]; zero: none yet
	ScheduledFor   time.Time // of the newest run; zero: none yet
	Created        time.Time
	Asked          bool      // it was requested to run now
	Again          time.Time // when the newest run, which failed, is repeated; zero: never
}

// NewEntry is the schedule of a type for whoever was added at a time, as it stands now.
func NewEntry(t Type, times Times, created, now time.Time) Entry {
	occurrence := times.WallClock(times.Next(now))
	return Entry{Times: times, CatchUp: t.CatchUp(occurrence), Created: created.Add(-t.Joining(occurrence))}
}

// Run is a job to be queued.
type Run struct {
	Fire       time.Time // the time that came
	Due        time.Time // when it should begin: waiting is measured from here
	Occurrence time.Time // wall clock of Fire
	Trigger    Trigger
}

// Decide returns what is to be run now, if anything, and when the entry is due next. Of
// several missed times only the latest counts, and none that is older than CatchUp.
// A time that came before on the wall clock does not come again in another zone.
func (e Entry) Decide(now time.Time) (run Run, ok bool, next time.Time) {
	next = e.Next
	if e.Next.IsZero() || !e.Next.After(now) {
		next = e.Times.Next(now)
		if fire := e.missed(now); !fire.IsZero() {
			return Run{fire, fire, e.Times.WallClock(fire), Scheduled}, true, next
		}
	}
	if e.Asked || !e.Again.IsZero() && !e.Again.After(now) {
		return e.again(now, next)
	}
	return Run{}, false, next
}

// missed returns the latest time that has come and was not run.
func (e Entry) missed(now time.Time) time.Time {
	oldest := now.Add(-e.CatchUp)
	if !e.Next.IsZero() {
		if fire := e.Times.Latest(latest(e.Next, oldest.Add(-1)), now); !fire.IsZero() {
			return fire
		}
		if e.Next.Before(oldest) {
			return time.Time{}
		}
		return e.Next
	}
	fire := e.Times.Latest(latest(e.Created, oldest.Add(-1)), now)
	if fire.IsZero() || !e.Times.WallClock(fire).After(e.LastOccurrence) {
		return time.Time{}
	}
	return fire
}

// again repeats the newest run, or runs as if its time had come now when that is too old.
func (e Entry) again(now, next time.Time) (Run, bool, time.Time) {
	fire := e.ScheduledFor
	if fire.IsZero() || now.Sub(fire) > e.CatchUp {
		if !e.Asked {
			return Run{}, false, next
		}
		fire = now
	}
	return Run{fire, now, e.Times.WallClock(fire), Retry}, true, next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
