package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// After the last meal of a week nothing is left to plan. Whether it was planned is said all the same.
func TestAWeekWithNothingLeftIsSaidToBePlanned(t *testing.T) {
	t.Parallel()
	b := backups{t, program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})}
	database := testpg.URL(t)
	week := calendar.On(time.Now()).Monday() + 7
	b.addUser(database, backupKey, "ana")
	b.must(database, backupKey, "user", "set", "ana", "--time-zone", "UTC")
	b.must(database, backupKey, "generate", "--user", "ana", "--week", week.String())
	night := (week + 6).Time().Add(23*time.Hour + 30*time.Minute)
	generate := func(week calendar.Date, more ...string) (string, error) {
		t.Helper()
		var out, errs bytes.Buffer
		std := streams{out: &out, err: &errs}
		cmd, err := parse(b.in(database, backupKey, append([]string{"generate", "--user", "ana", "--week", week.String()}, more...)), std)
		if err != nil {
			t.Fatal(err)
		}
		cmd.BindTo(t.Context(), (*context.Context)(nil))
		err = cmd.Run(&std, func() time.Time { return night })
		return out.String() + errs.String(), err
	}
	if out, err := generate(week); err != nil || !strings.Contains(out, "the week was planned before; nothing was changed") {
		t.Errorf("planned: %v\n%s", err, out)
	}
	if out, err := generate(week, "--dry-run"); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "no meal left to plan") {
		t.Errorf("what could be planned: %v\n%s", err, out)
	}
	if out, err := generate(week - 7); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "is over") {
		t.Errorf("a week that is over: %v\n%s", err, out)
	}
}
