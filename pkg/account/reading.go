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

// Eaten returns the logged days from first to last; unlogged days are absent. The last day is
// read entry by entry, to know its meals, earlier days from the monthly sums. If the last day
// cannot be read now, it comes from the latest [Accounts.Sync].
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

// degradeAt is the share of the daily call budget above which deferrable calls are skipped:
// the rest is reserved for generations.
const degradeAt = 0.8

// Synced is the result of a sync: counts, never content.
type Synced struct {
	Result
	Days    int    // of the diary that were read
	Skipped string // why nothing was done
}

// Sync reads a user's weight, writes the meals they confirmed as eaten, and reads today's
// diary; today is now's date in their time zone.
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
