package postgres

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// RuntimeSetting is a setting that was changed while the program runs.
type RuntimeSetting = db.RuntimeSetting

// RuntimeSettings lists those that are in force.
func (s *Jobs) RuntimeSettings(ctx context.Context) ([]RuntimeSetting, error) {
	rows, err := s.q.ListRuntimeSettings(ctx)
	return rows, failed("runtime settings", err)
}

// Values are the settings in force by name.
func (s *Jobs) Values(ctx context.Context) (map[string]string, error) {
	rows, err := s.RuntimeSettings(ctx)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Name] = r.Value
	}
	return out, err
}

// SettingChange is a setting that somebody changed, or took back.
type SettingChange = db.ListSettingsAuditRow

// SettingChanges lists the latest.
func (s *Jobs) SettingChanges(ctx context.Context) ([]SettingChange, error) {
	rows, err := s.q.ListSettingsAudit(ctx)
	return rows, failed("runtime settings", err)
}

// SetRuntime changes a setting until it expires.
func (s *Jobs) SetRuntime(ctx context.Context, name, value, by, reason string, valid time.Duration) error {
	return failed("runtime settings", s.q.SetRuntimeSetting(ctx, db.SetRuntimeSettingParams{
		Name: name, Value: value, SetBy: by, Reason: reason, ValidSeconds: valid.Seconds(),
	}))
}

// DropRuntime takes a setting back; false: it was not set.
func (s *Jobs) DropRuntime(ctx context.Context, name, by, reason string) (bool, error) {
	n, err := s.q.DropRuntimeSetting(ctx, db.DropRuntimeSettingParams{SetBy: by, Reason: reason, Name: name})
	return n > 0, failed("runtime settings", err)
}
