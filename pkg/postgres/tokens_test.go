package postgres_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	tokens, ctx := access.New(postgres.NewTokens(pool)), t.Context()
	made, secret, err := tokens.Create(ctx, "user_ana", "kitchen", []access.Scope{access.PlanRead, access.Shopping}, 30)
	if err != nil || made.Expires == nil || made.Expires.Sub(made.Created) != 30*24*time.Hour {
		t.Fatalf("%+v, %v", made, err)
	}
	if _, _, err := tokens.Create(ctx, "nobody", "x", []access.Scope{access.PlanRead}, 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of nobody: %v", err)
	}
	used := func() *time.Time {
		t.Helper()
		list, err := tokens.List(ctx, "user_ana")
		if err != nil || len(list) == 0 || list[0].Name != "kitchen" || len(list[0].Scopes) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[0].Used
	}
	if used() != nil {
		t.Error("used before its first use")
	}
	if got, err := tokens.Use(ctx, secret); err != nil || got.User != "user_ana" || got.ID != made.ID || !got.May(access.Shopping) {
		t.Fatalf("%+v, %v", got, err)
	}
	first := used()
	if _, err := tokens.Use(ctx, secret); err != nil || first == nil || !used().Equal(*first) {
		t.Errorf("%v: used at %v, then %v: within a minute it is noted once", err, first, used())
	}
	if _, err := pool.Exec(ctx, "update api_tokens set used_at = now() - interval '61 seconds'"); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Use(ctx, secret); err != nil || time.Since(*used()) > 30*time.Second {
		t.Errorf("%v: used at %v", err, used())
	}

	for range access.Most - 1 {
		if _, _, err := tokens.CreateCalendar(ctx, "user_ana", "another"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := tokens.CreateCalendar(ctx, "user_ana", "one too many"); fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("token %d: %v", access.Most+1, err)
	}
	if err := tokens.Revoke(ctx, "bo", made.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else ends it: %v", err)
	}
	if _, err := pool.Exec(ctx, "update api_tokens set expires_at = now() where id = $1", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Use(ctx, secret); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("expired: %v", err)
	}
	if _, err := pool.Exec(ctx, "update api_tokens set expires_at = null where id = $1", made.ID); err != nil {
		t.Fatal(err)
	}
	if err := tokens.Revoke(ctx, "user_ana", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Use(ctx, secret); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("revoked: %v", err)
	}
}

// A key is claimed once, gives its answer for a day, and is free again when its request failed
// or was left behind.
func TestAnswersAreGivenAgain(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	ctx := t.Context()
	made, _, err := access.New(postgres.NewTokens(pool)).Create(ctx, "user_ana", "kitchen", []access.Scope{access.PlanWrite}, 0)
	if err != nil {
		t.Fatal(err)
	}
	answers, one, other := postgres.NewAnswers(pool), []byte("one"), []byte("other")
	claim := func(request []byte) (access.Claim, fault.Kind) {
		t.Helper()
		c, err := answers.Claim(ctx, made.ID, "k", request)
		return c, fault.KindOf(err)
	}
	settle := func(id []byte, answer string) {
		t.Helper()
		var a []byte
		if answer != "" {
			a = []byte(answer)
		}
		if err := answers.Settle(ctx, made.ID, "k", id, a); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := claim(one)
	if c, kind := claim(one); first.ID == nil || c.ID != nil || c.Answer != nil || kind != "" {
		t.Errorf("claimed twice: %q, %s", c, kind)
	}
	if _, kind := claim(other); kind != fault.InvalidInput {
		t.Errorf("another request: %s", kind)
	}
	settle([]byte("somebody else's"), `{"status": 500}`)
	settle(first.ID, "")
	again, kind := claim(one)
	if again.ID == nil || kind != "" || bytes.Equal(again.ID, first.ID) || !bytes.Equal(again.Effect, first.Effect) {
		t.Fatalf("the same request after it was given up: %q, %s", again, kind)
	}
	settle(again.ID, "")
	second, kind := claim(other)
	if second.ID == nil || kind != "" || bytes.Equal(second.Effect, first.Effect) {
		t.Fatalf("another one: %q, %s", second, kind)
	}
	settle(first.ID, `{"status": 500}`) // it is not the attempt any longer
	settle(second.ID, `{"status": 200}`)
	if c, kind := claim(other); c.ID != nil || string(c.Answer) != `{"status": 200}` || kind != "" {
		t.Errorf("the answer: %q, %s", c, kind)
	}
	for _, left := range []string{"update api_answers set created_at = now() - interval '25 hours'", "update api_answers set created_at = now() - interval '3 minutes', answer = null"} {
		if _, err := pool.Exec(ctx, left); err != nil {
			t.Fatal(err)
		}
		c, kind := claim(one)
		if c.ID == nil || c.Answer != nil || kind != "" {
			t.Errorf("after %s: %q, %s", left, c, kind)
		}
		settle(c.ID, `{"status": 201}`)
	}
	if err := postgres.NewRetention(pool).Purge(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	if c, _ := claim(one); c.Answer == nil {
		t.Error("a fresh answer was purged")
	}
	if _, err := pool.Exec(ctx, "update api_answers set created_at = now() - interval '25 hours'"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.NewRetention(pool).Purge(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := pool.QueryRow(ctx, "select count(*) from api_answers").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d answers are kept beyond a day, %v", n, err)
	}
}

func TestATokenHasSoManyAnswers(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	ctx, answers := t.Context(), postgres.NewAnswers(pool)
	made, _, err := access.New(postgres.NewTokens(pool)).Create(ctx, "user_ana", "kitchen", []access.Scope{access.PlanWrite}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, "insert into api_answers (token_id, key, claim, effect, request, answer) select $1, n::text, 'c', 'e', 'r', '{}' from generate_series(1, 5000) n", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := answers.Claim(ctx, made.ID, "one too many", []byte("r")); fault.KindOf(err) != fault.QuotaExceeded {
		t.Errorf("a key more than a day has: %v", err)
	}
	if c, err := answers.Claim(ctx, made.ID, "5000", []byte("r")); err != nil || string(c.Answer) != "{}" {
		t.Errorf("a key that was used: %+v, %v", c, err)
	}
}
