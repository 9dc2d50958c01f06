package postgres_test

import (
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

// A plan that is stored is told in the same transaction; a message is one process's at a time, for
// two minutes, and what a late one says of it does not count.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	hooks, ctx := postgres.NewWebhooks(pool), t.Context()
	for i := range webhook.Most {
		w := webhook.Webhook{ID: "wh_" + string(rune('a'+i)), User: "user_ana", URL: "https://example.org", Events: []string{"plan.changed"}}
		if i == 0 {
			w.Events = []string{"plan.ready", "plan.changed"}
		}
		if err := hooks.Create(ctx, w, []byte("sealed"), webhook.Most); err != nil {
			t.Fatal(err)
		}
	}
	for user, want := range map[string]fault.Kind{"user_ana": fault.InvalidInput, "user_bo": fault.NotFound} {
		if err := hooks.Create(ctx, webhook.Webhook{ID: "wh_more", User: user, URL: "https://example.org", Events: []string{"plan.ready"}}, []byte("s"), webhook.Most); fault.KindOf(err) != want {
			t.Errorf("one more of %s: %v", user, err)
		}
	}
	if _, err := postgres.NewPlans(pool, noTrace).Save(ctx, draft()); err != nil {
		t.Fatal(err)
	}
	d, ok, err := hooks.Claim(ctx)
	if err != nil || !ok || d.Webhook != "wh_a" || d.Event != "plan.ready" || d.User != "user_ana" || d.Attempts != 1 || string(d.Sealed) != "sealed" {
		t.Fatalf("%+v, %t, %v", d, ok, err)
	}
	if other, ok, err := hooks.Claim(ctx); ok || err != nil {
		t.Errorf("claimed twice: %+v, %v", other, err)
	}
	if _, err := pool.Exec(ctx, "update webhook_deliveries set next_attempt_at = now()"); err != nil { // its process died
		t.Fatal(err)
	}
	again, ok, err := hooks.Claim(ctx)
	if err != nil || !ok || again.ID != d.ID || again.Attempts != 2 {
		t.Fatalf("%+v, %t, %v", again, ok, err)
	}
	for _, s := range []struct {
		d webhook.Due
		r webhook.Result
	}{{d, webhook.Result{Status: "failed", Gone: true}}, {again, webhook.Result{Status: "pending", Answered: 500, Problem: "it answered 500", Retry: time.Hour}}} {
		if err := hooks.Settle(ctx, s.d, s.r); err != nil {
			t.Fatal(err)
		}
	}
	log, err := hooks.Log(ctx, "user_ana", "wh_a", 10)
	if err != nil || len(log) != 1 || log[0].Status != "pending" || *log[0].Answered != 500 || time.Until(log[0].Next) < 59*time.Minute || log[0].Settled != nil {
		t.Errorf("%+v, %v", log, err)
	}
	if list, err := hooks.List(ctx, "user_ana"); err != nil || len(list) != webhook.Most || list[0].Ended != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// When the key changes, secrets of webhooks are sealed anew.
func TestSecretsOfWebhooksAreSealedAnew(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	ctx, keys := t.Context(), postgres.NewKeys(pool)
	if err := postgres.NewWebhooks(pool).Create(ctx, webhook.Webhook{ID: "wh_a", User: "user_ana", URL: "https://example.org", Events: []string{"plan.ready"}}, []byte("old"), 1); err != nil {
		t.Fatal(err)
	}
	find := func() keyring.Sealed {
		t.Helper()
		all, err := keys.Sealed(ctx, keyring.Sealed{Place: keyring.Users, ID: "~"})
		if err != nil || len(all) != 1 || all[0].Place != keyring.Webhooks || all[0].ID != "wh_a" {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0]
	}
	if err := keys.Reseal(ctx, find(), []byte("new")); err != nil || string(find().Value) != "new" {
		t.Errorf("%v: %q", err, find().Value)
	}
}
