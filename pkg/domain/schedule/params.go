package schedule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// WeeklyParams are the parameters of a [WeeklyGeneration].
type WeeklyParams struct {
	Week calendar.Date `json:"week,omitempty"` // a Monday; absent: the week after the job's time
}

// What an [AutoSync] synchronises.
const (
	SyncTandoor   = "tandoor"
	SyncFatSecret = "fatsecret"
)

// SyncParams are the parameters of an [AutoSync].
type SyncParams struct {
	SyncType string `json:"sync_type"`           // [SyncTandoor] or [SyncFatSecret]
	Full     bool   `json:"full_sync,omitempty"` // look at every recipe, not only at changed ones
	DryRun   bool   `json:"dry_run,omitempty"`   // say what would be written to the diary, and write nothing
}

// AdvisorParams are the parameters of a [DailyAdvisor]: none.
type AdvisorParams struct{}

// TrendsParams are the parameters of [WeeklyTrends].
type TrendsParams struct {
	Days int `json:"analysis_days,omitempty"` // 7 to 56, whole weeks; absent: 28
}

// CheckParams names the first parameter that is unknown or wrong.
func CheckParams(t Type, params json.RawMessage) error {
	switch t {
	case WeeklyGeneration:
		p, err := Params[WeeklyParams](params)
		if err == nil && p.Week != p.Week.Monday() && p.Week != 0 {
			err = fmt.Errorf("parameters: week: %s is not a Monday", p.Week)
		}
		return err
	case AutoSync:
		p, err := Params[SyncParams](params)
		if err == nil && p.SyncType != SyncTandoor && p.SyncType != SyncFatSecret {
			err = fmt.Errorf("parameters: sync_type: %q is neither tandoor nor fatsecret", p.SyncType)
		}
		return err
	case DailyAdvisor:
		_, err := Params[AdvisorParams](params)
		return err
	default:
		p, err := Params[TrendsParams](params)
		if err == nil && p.Days != 0 && (p.Days < 7 || p.Days > 56 || p.Days%7 != 0) {
			err = fmt.Errorf("parameters: analysis_days: %d is not 7, 14, 21 and so on up to 56", p.Days)
		}
		return err
	}
}

// Params decodes parameters strictly; nothing is the zero value.
func Params[T any](params json.RawMessage) (p T, err error) {
	if len(params) == 0 {
		return p, nil
	}
	d := json.NewDecoder(bytes.NewReader(params))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("parameters: %w", err)
	}
	return p, nil
}

// ParsePriority reads critical, high, medium and low.
func ParsePriority(s string) (Priority, error) {
	switch s {
	case "critical":
		return Critical, nil
	case "high":
		return High, nil
	case "medium":
		return Medium, nil
	case "low":
		return Low, nil
	default:
		return 0, fmt.Errorf("priority: %q is not critical, high, medium or low", s)
	}
}

// Zone loads a time zone by its IANA name.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, message.Errorf("time_zone: %q is not an IANA name like Europe/Berlin", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, message.Errorf("time_zone: %q is not an IANA name like Europe/Berlin", name)
	}
	return loc, nil
}

// WallClock returns what the clocks of the zone show at the moment, as a time in UTC.
func WallClock(at time.Time, zone *time.Location) time.Time { return wallClock(at, zone) }
