package oncall_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/oncall"
)

const sample = `
time_zone: Europe/Berlin
start: 2026-10-19 09:00
people:
  - {name: Ana, slack: U01}
  - {name: Ben}
  - {name: Cleo}
tiers:
  - {tier: 2, days: 7, people: [Ana, Ben]}
  - {tier: 3, days: 28, people: [Cleo]}
  - {tier: 4, days: 1, people: [Cleo, Ana]}
overrides:
  - {tier: 2, person: Cleo, from: 2026-10-20 18:00, to: 2026-10-21 08:00}
`

func read(t *testing.T, text string) *oncall.Rotation {
	t.Helper()
	r, err := oncall.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAt(t *testing.T) {
	t.Parallel()
	r := read(t, sample)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   string
		tier int
		want string
	}{
		{"2026-01-01 00:00", 2, "Ana"}, // before the first handover
		{"2026-10-19 09:00", 2, "Ana"},
		{"2026-10-20 17:59", 2, "Ana"},
		{"2026-10-20 18:00", 2, "Cleo"}, // instead of Ana
		{"2026-10-20 18:00", 3, "Cleo"},
		{"2026-10-21 08:00", 2, "Ana"},
		{"2026-10-26 08:59", 2, "Ana"}, // the clocks went back the day before
		{"2026-10-26 09:00", 2, "Ben"},
		{"2026-11-02 08:59", 2, "Ben"},
		{"2026-11-02 09:00", 2, "Ana"},
		{"2027-03-29 08:59", 2, "Ana"}, // they went forward the day before
		{"2027-03-29 09:00", 2, "Ben"},
		{"2027-04-05 08:59", 2, "Ben"},
		{"2027-04-05 09:00", 2, "Ana"},
		{"2026-10-25 08:59", 4, "Ana"},
		{"2026-10-25 09:00", 4, "Cleo"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.At(at, c.tier).Name; got != c.want {
			t.Errorf("tier %d at %s: %s, want %s", c.tier, c.at, got, c.want)
		}
	}
}

// Every handover of five years is at 9 on the wall clock, and each shift ends in the next.
func TestHandoversKeepToTheWallClock(t *testing.T) {
	t.Parallel()
	r := read(t, sample)
	berlin, _ := time.LoadLocation("Europe/Berlin")
	before := r.At(time.Date(2026, 10, 22, 0, 0, 0, 0, berlin), 2).Name
	changes := 0
	for at := time.Date(2026, 10, 22, 0, 0, 0, 0, berlin); at.Year() < 2031; at = at.Add(30 * time.Minute) {
		now := r.At(at, 2).Name
		if now == before {
			continue
		}
		changes++
		if h, m, _ := at.Clock(); h != 9 || m != 0 || at.Weekday() != time.Monday {
			t.Fatalf("a handover at %s", at)
		}
		before = now
	}
	if changes < 210 {
		t.Errorf("%d handovers in more than four years", changes)
	}
}

func TestErrorsNameTheField(t *testing.T) {
	t.Parallel()
	for field, broken := range map[string]string{
		"time_zone":           strings.Replace(sample, "Europe/Berlin", "Berlin", 1),
		"start":               strings.Replace(sample, "start: 2026-10-19 09:00", "start: yesterday", 1),
		"people[1].name":      strings.Replace(sample, "name: Ben", "name: Ana", 1),
		"tiers[0].tier":       strings.Replace(sample, "tier: 2, days: 7", "tier: 1, days: 7", 1),
		"tiers[1].tier":       strings.Replace(sample, "tier: 3, days: 28", "tier: 2, days: 28", 1),
		"tiers[0].days":       strings.Replace(sample, "days: 7", "days: 0", 1),
		"tiers[0].people":     strings.Replace(sample, "[Ana, Ben]", "[Ana, Zoe]", 1),
		"tiers[1].people":     strings.Replace(sample, "[Cleo]", "[]", 1),
		"tiers":               strings.Replace(sample, "  - {tier: 4, days: 1, people: [Cleo, Ana]}\n", "", 1),
		"overrides[0].person": strings.Replace(sample, "person: Cleo", "person: Zoe", 1),
		"overrides[0]":        strings.Replace(sample, "to: 2026-10-21 08:00", "to: 2026-10-20 08:00", 1),
		"overrides[0].tier":   strings.Replace(sample, "tier: 2, person", "tier: 9, person", 1),
		"field colour":        sample + "colour: red\n",
	} {
		if broken == sample {
			t.Fatalf("%s: nothing was broken", field)
		}
		_, err := oncall.Read(strings.NewReader(broken))
		if fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestSampleFile(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../alertmanager/oncall.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	r, err := oncall.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, tier := range oncall.Tiers {
		if r.At(time.Now(), tier).Name == "" {
			t.Errorf("nobody in tier %d", tier)
		}
	}
}
