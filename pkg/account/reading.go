package account

import (
	"context"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Eaten returns the logged days from first to last; days that nobody logged are absent. The
// last day is read entry by entry, which tells the meals, the days before from the months'
// sums. A last day that cannot be read now is taken from the newest [Accounts.Sync].
func (a *Accounts) Eaten(ctx context.Context, u user.User, first, last calendar.Date) ([]insight.Eaten, error) {
	if !a.Connected(u) {
		return nil, nil
	}
	t, err := a.token(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	out, err := a.Service.Totals(ctx, t, first, last-1)
	if err != nil {
		return nil, err
	}
	day, err := a.Service.Day(ctx, t, last)
	if err != nil {
		kept, kerr := a.Cache.Days(ctx, u.ID)
		if kerr != nil || !fault.KindOf(err).Transient() {
			return nil, err
		}
		i := slices.IndexFunc(kept, func(e insight.Eaten) bool { return e.Date == last })
		if i < 0 {
			return nil, err
		}
		day = &kept[i]
	}
	if day != nil {
		out = append(out, *day)
	}
	return out, nil
}

// degradeAt is the share of the day's call budget above which calls that can wait are not
// made: generations need the rest.
const degradeAt = 0.8

// Synced is what a synchronisation did: counts, never content.
type Synced struct {
	Result
	Days    int    // of the diary that were read
	Skipped string // why nothing was done
}

// Sync reads a user's weight, writes what they confirmed as eaten, and reads their diary of
// today, which is now's date where they live.
func (a *Accounts) Sync(ctx context.Context, userID string, now time.Time, dryRun bool) (out Synced, err error) {
	used, err := a.Cache.Usage(ctx)
	if err != nil {
		return out, err
	}
	if used >= degradeAt {
		return Synced{Skipped: "most of today's call budget is used"}, nil
	}
	u, err := a.Users.Get(ctx, userID)
	if err != nil {
		return out, err
	}
	zone, err := u.Location()
	if err != nil {
		return out, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	if !a.Connected(u) {
		return Synced{Skipped: "no account is connected"}, nil
	}
	t, err := a.token(ctx, userID)
	if err != nil {
		return out, err
	}
	kg, err := a.Service.Weight(ctx, t)
	if err != nil {
		return out, err
	}
	if err := a.Cache.PutWeight(ctx, userID, kg); err != nil {
		return out, err
	}
	today := calendar.On(now.In(zone))
	if u.Settings.Diary != user.DiaryOff || dryRun {
		if out.Result, err = a.write(ctx, u, t, today, dryRun || u.Settings.Diary == user.DiaryDryRun); err != nil {
			return out, err
		}
	}
	day, err := a.Service.Day(ctx, t, today)
	if err != nil || day == nil {
		return out, err
	}
	out.Days = 1
	return out, a.Cache.PutDay(ctx, userID, *day)
}
