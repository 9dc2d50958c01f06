package access_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// store holds tokens in memory, by digest.
type store map[string]access.Token

func (s store) Create(_ context.Context, t access.Token, digest []byte, valid time.Duration, most int) (access.Token, error) {
	if len(s) >= most {
		return t, fault.New(fault.InvalidInput, "create", "full")
	}
	if t.ID = int64(len(s) + 1); valid > 0 {
		end := time.Unix(0, 0).Add(valid)
		t.Expires = &end
	}
	s[string(digest)] = t
	return t, nil
}

func (s store) List(context.Context, string) (out []access.Token, err error) {
	for _, t := range s {
		out = append(out, t)
	}
	return out, nil
}

func (s store) Use(_ context.Context, digest []byte) (access.Token, error) {
	t, ok := s[string(digest)]
	if !ok {
		return t, fault.New(fault.Unauthorized, "use", "none")
	}
	return t, nil
}

func (s store) Delete(context.Context, string, int64) error {
	return fault.New(fault.NotFound, "delete", "none")
}

// A secret is found again by its digest alone; one that is cut, longer or of the other kind is
// refused before the store is asked.
func TestSecretsAreUnguessableAndOfOneKind(t *testing.T) {
	t.Parallel()
	s := store{}
	tokens := access.New(s)
	made, secret, err := tokens.Create(t.Context(), "ana", " kitchen ", []access.Scope{access.Shopping, access.PlanRead, access.Shopping}, 30)
	if err != nil || made.Name != "kitchen" || access.Names(made.Scopes) != "plan:read, shopping" || made.Expires.Unix() != 30*24*3600 {
		t.Fatalf("%+v, %v", made, err)
	}
	_, calendar, err := tokens.CreateCalendar(t.Context(), "ana", "phone")
	if err != nil || !strings.HasPrefix(secret, "mp_") || len(secret) != 46 || !strings.HasPrefix(calendar, "mpcal_") {
		t.Fatalf("%q, %q, %v", secret, calendar, err)
	}
	sum := sha256.Sum256([]byte(secret))
	if stored, ok := s[string(sum[:])]; !ok || stored.User != "ana" || !stored.May(access.PlanRead) || stored.May(access.PlanWrite) || stored.May(access.Calendar) {
		t.Errorf("stored %+v", s)
	}
	if got, err := tokens.Use(t.Context(), secret); err != nil || got.ID != made.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := tokens.UseCalendar(t.Context(), calendar); err != nil || !got.May(access.Calendar) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "mp_", secret[:45], secret + "A", strings.ToUpper(secret), "mp_" + strings.Repeat("A", 43), calendar, calendar[3:], secret[3:], " " + secret, "mp_" + calendar[6:]} {
		if _, err := tokens.Use(t.Context(), bad); fault.KindOf(err) != fault.Unauthorized || len(bad) > 12 && strings.Contains(err.Error(), bad[6:]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := tokens.UseCalendar(t.Context(), secret); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a token as a calendar's address: %v", err)
	}
}

func TestWhatATokenMayNotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		scopes []access.Scope
		days   int
		want   string
	}{
		{"", []access.Scope{access.PlanRead}, 0, "name: write"},
		{"a\nb", []access.Scope{access.PlanRead}, 0, "name: write"},
		{strings.Repeat("x", access.MaxName+1), []access.Scope{access.PlanRead}, 0, "name: write"},
		{"x", nil, 0, "scopes: choose"},
		{"x", []access.Scope{"everything"}, 0, `"everything" is not one of plan:read`},
		{"x", []access.Scope{access.Calendar}, 0, "is not one of"},
		{"x", []access.Scope{access.PlanRead}, -1, "days: -1"},
		{"x", []access.Scope{access.PlanRead}, access.MaxDays + 1, "days: 3651"},
	} {
		if _, secret, err := access.New(store{}).Create(t.Context(), "ana", c.name, c.scopes, c.days); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), c.want) || secret != "" {
			t.Errorf("%q, %v, %d: %v; want %q", c.name, c.scopes, c.days, err, c.want)
		}
	}
}
