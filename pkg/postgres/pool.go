package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// Recipes caches the recipes of each connection, at any age.
type Recipes struct {
	pool *pgxpool.Pool
	q    *db.Queries
}

// NewRecipes returns the cache.
func NewRecipes(pool *pgxpool.Pool) *Recipes { return &Recipes{pool, db.New(pool)} }

// SyncState is when a connection was last asked for changes, and for everything.
type SyncState struct {
	Synced, Full time.Time // zero = never
}

// Load returns every cached recipe of the connection.
func (s *Recipes) Load(ctx context.Context, connection string) ([]recipe.Recipe, error) {
	rows, err := s.q.ListRecipes(ctx, connection)
	if err != nil {
		return nil, failed("load recipes", err)
	}
	out := make([]recipe.Recipe, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Data, &out[i]); err != nil {
			return nil, fault.Wrap(fault.Internal, "load recipes", err)
		}
	}
	return out, nil
}

// Versions returns the upstream's change time of every cached recipe, and the sync state.
func (s *Recipes) Versions(ctx context.Context, connection string) (map[recipe.ID]time.Time, SyncState, error) {
	conn, err := s.q.GetConnection(ctx, connection)
	if err != nil {
		return nil, SyncState{}, failed("load recipe versions", err)
	}
	rows, err := s.q.ListRecipeVersions(ctx, connection)
	if err != nil {
		return nil, SyncState{}, failed("load recipe versions", err)
	}
	out := make(map[recipe.ID]time.Time, len(rows))
	for _, r := range rows {
		out[recipe.ID(r.RecipeID)] = r.UpdatedAt
	}
	var state SyncState
	if conn.SyncedAt != nil {
		state.Synced = *conn.SyncedAt
	}
	if conn.FullSyncAt != nil {
		state.Full = *conn.FullSyncAt
	}
	return out, state, nil
}

// Problem is a recipe that cannot be planned, or not as it should be.
type Problem struct {
	Recipe  recipe.ID
	Name    string
	Field   string
	Problem string
}

// Changes are what a sync found.
type Changes struct {
	Changed  []recipe.Recipe
	Deleted  []recipe.ID
	Problems []Problem // of the changed recipes
	At       time.Time // when the upstream was asked; zero: the sync is not complete
	Full     bool
	Version  string // of the upstream
}

// Apply stores the changes in one transaction.
func (s *Recipes) Apply(ctx context.Context, connection string, c Changes) error {
	const op = "store recipes"
	recipes := make([]db.UpsertRecipeParams, len(c.Changed))
	touched := make([]int64, 0, len(c.Changed)+len(c.Deleted))
	for i, r := range c.Changed {
		data, err := json.Marshal(r)
		if err != nil {
			return fault.Wrap(fault.Internal, op, err)
		}
		recipes[i] = db.UpsertRecipeParams{ConnectionID: connection, RecipeID: int64(r.ID), UpdatedAt: r.UpdatedAt, FetchedAt: c.At, Data: data}
		touched = append(touched, int64(r.ID))
	}
	deleted := make([]int64, len(c.Deleted))
	for i, id := range c.Deleted {
		deleted[i] = int64(id)
	}
	touched = append(touched, deleted...)
	problems := make([]db.UpsertRecipeProblemParams, len(c.Problems))
	for i, p := range c.Problems {
		problems[i] = db.UpsertRecipeProblemParams{ConnectionID: connection, RecipeID: int64(p.Recipe), Name: p.Name, Field: p.Field, Problem: p.Problem}
		touched = append(touched, int64(p.Recipe))
	}
	return failed(op, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if len(touched) > 0 {
			if err := q.DeleteRecipeProblems(ctx, connection, touched); err != nil {
				return err
			}
		}
		if len(deleted) > 0 {
			if err := q.DeleteRecipes(ctx, connection, deleted); err != nil {
				return err
			}
		}
		if err := firstError(q.UpsertRecipe(ctx, recipes).Exec); err != nil {
			return err
		}
		if err := firstError(q.UpsertRecipeProblem(ctx, problems).Exec); err != nil {
			return err
		}
		if c.At.IsZero() {
			return nil
		}
		p := db.MarkSyncedParams{ID: connection, SyncedAt: &c.At, ServerVersion: c.Version}
		if c.Full {
			p.FullSyncAt = &c.At
		}
		return q.MarkSynced(ctx, p)
	}))
}

// Failed records why the last sync did not work.
func (s *Recipes) Failed(ctx context.Context, connection string, cause error) error {
	return failed("store sync error", s.q.MarkSyncFailed(ctx, cause.Error(), connection))
}

// Problems lists the connection's data-quality problems.
func (s *Recipes) Problems(ctx context.Context, connection string) ([]Problem, error) {
	rows, err := s.q.ListRecipeProblems(ctx, connection)
	if err != nil {
		return nil, failed("list recipe problems", err)
	}
	out := make([]Problem, len(rows))
	for i, r := range rows {
		out[i] = Problem{Recipe: recipe.ID(r.RecipeID), Name: r.Name, Field: r.Field, Problem: r.Problem}
	}
	return out, nil
}
