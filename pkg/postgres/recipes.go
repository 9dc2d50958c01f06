package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

// Recipes caches the recipes of each connection, at any age. Decoded recipes are kept in
// memory too; what they must be is asked of the database every time.
type Recipes struct {
	pool    Conns
	q       *db.Queries
	decoded *decodedRecipes
}

// recipeForm is the version of stored recipes. Raise it when stored recipes lack data that the
// planner needs: rows of other versions are fetched again, and until then their recipes
// are outdated.
const recipeForm = 1

// storedRecipe is the JSON of a row.
type storedRecipe struct {
	recipe.Recipe
	Form int `json:"form"`
}

// NewRecipes returns the cache.
func NewRecipes(pool Conns) *Recipes {
	return &Recipes{pool, db.New(pool), newDecodedRecipes(maxDecoded)}
}

var _ recipesync.Cache = (*Recipes)(nil)

// Load returns every cached recipe of the connection, by id, with the recipes that it embeds
// and what users said of its foods.
// Their slices are shared with other callers and must not be changed.
func (s *Recipes) Load(ctx context.Context, connection string) ([]recipe.Recipe, error) {
	const op = "load recipes"
	rows, err := s.q.ListRecipeVersions(ctx, connection)
	if err != nil {
		return nil, failed(op, err)
	}
	have := s.decoded.of(connection)
	want := make(map[recipe.ID]decodedRecipe, len(rows))
	var missing []int64
	for _, r := range rows {
		if d, ok := have[recipe.ID(r.RecipeID)]; ok && d.version == r.Version {
			want[recipe.ID(r.RecipeID)] = d
		} else {
			missing = append(missing, r.RecipeID)
		}
	}
	if len(missing) > 0 {
		rows, err := s.q.ListRecipes(ctx, connection, missing)
		if err != nil {
			return nil, failed(op, err)
		}
		for _, r := range rows {
			d := decodedRecipe{version: r.Version}
			var doc storedRecipe
			if err := json.Unmarshal(r.Data, &doc); err != nil {
				return nil, fault.Wrap(fault.Internal, op, err)
			}
			d.recipe, d.recipe.Outdated = doc.Recipe, doc.Form != recipeForm
			want[recipe.ID(r.RecipeID)] = d
		}
	}
	if len(missing) > 0 || len(want) != len(have) {
		s.decoded.keep(connection, want)
	}
	out := make([]recipe.Recipe, 0, len(want))
	for _, r := range rows {
		if d, ok := want[recipe.ID(r.RecipeID)]; ok { // else deleted meanwhile
			out = append(out, d.recipe)
		}
	}
	answers, err := s.Answers(ctx, connection)
	if err != nil {
		return nil, err
	}
	return recipe.Answered(recipe.Assemble(out), answers), nil
}

// Versions returns the upstream's change time of every cached recipe, and the sync state.
// While a recipe is stored in another form, the library counts as never imported in full.
func (s *Recipes) Versions(ctx context.Context, connection string) (map[recipe.ID]time.Time, recipesync.State, error) {
	conn, err := connectionRow(ctx, s.q, connection)
	if err != nil {
		return nil, recipesync.State{}, err
	}
	rows, err := s.q.ListRecipeVersions(ctx, connection)
	if err != nil {
		return nil, recipesync.State{}, failed("load recipe versions", err)
	}
	refused, err := s.q.ListRefusedRecipes(ctx, connection)
	if err != nil {
		return nil, recipesync.State{}, failed("load refused recipes", err)
	}
	out := make(map[recipe.ID]time.Time, len(rows))
	outdated := false
	for _, r := range rows {
		out[recipe.ID(r.RecipeID)] = r.UpdatedAt
		outdated = outdated || r.Form != recipeForm
	}
	c, err := toConnection(conn)
	if err != nil {
		return nil, recipesync.State{}, err
	}
	state := recipesync.State{Connection: c, Space: publish.Space{ID: conn.SpaceID, Name: conn.SpaceName}, Refused: make(map[recipe.ID]time.Time, len(refused))}
	for _, r := range refused {
		state.Refused[recipe.ID(r.RecipeID)] = r.UpdatedAt
	}
	if conn.SyncedAt != nil {
		state.Synced = *conn.SyncedAt
	}
	if conn.FullSyncAt != nil && !outdated {
		state.Full = *conn.FullSyncAt
	}
	return out, state, nil
}

// Apply implements [recipesync.Cache].
func (s *Recipes) Apply(ctx context.Context, connection string, c recipesync.Found, at time.Time, full bool) error {
	const op = "store recipes"
	recipes := make([]db.UpsertRecipeParams, len(c.Changed))
	touched := make([]int64, 0, len(c.Changed)+len(c.Deleted))
	fetched := at
	if at.IsZero() {
		fetched = time.Now() //nolint:forbidigo // when the row was written
	}
	for i, r := range c.Changed {
		data, err := json.Marshal(storedRecipe{r, recipeForm})
		if err != nil {
			return fault.Wrap(fault.Internal, op, err)
		}
		recipes[i] = db.UpsertRecipeParams{ConnectionID: connection, RecipeID: int64(r.ID), UpdatedAt: r.UpdatedAt, FetchedAt: fetched, Data: data}
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
	refused := make([]db.UpsertRefusedRecipeParams, 0, len(c.Refused))
	for id, at := range c.Refused {
		refused = append(refused, db.UpsertRefusedRecipeParams{ConnectionID: connection, RecipeID: int64(id), UpdatedAt: at})
		deleted, touched = append(deleted, int64(id)), append(touched, int64(id))
	}
	if len(touched) == 0 && c.Space.ID == 0 { // one statement needs no transaction of its own
		return failed(op, markSynced(ctx, s.q, connection, at, full))
	}
	return failed(op, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if err := q.DeleteRecipeProblems(ctx, connection, touched); err != nil {
			return err
		}
		if err := q.DeleteRefusedRecipes(ctx, connection, touched); err != nil {
			return err
		}
		if len(deleted) > 0 {
			if err := q.DeleteRecipes(ctx, connection, deleted); err != nil {
				return err
			}
		}
		if err := firstError(q.UpsertRecipe(ctx, recipes).Exec); err != nil {
			return err
		}
		if err := firstError(q.UpsertRefusedRecipe(ctx, refused).Exec); err != nil {
			return err
		}
		if c.Space.ID != 0 {
			if err := q.SetSpace(ctx, db.SetSpaceParams{ID: connection, SpaceID: c.Space.ID, SpaceName: c.Space.Name}); err != nil {
				return err
			}
		}
		if err := firstError(q.UpsertRecipeProblem(ctx, problems).Exec); err != nil {
			return err
		}
		if err := q.OutdateByRecipes(ctx, connection, touched); err != nil {
			return err
		}
		return markSynced(ctx, q, connection, at, full)
	}))
}

// markSynced records a complete fetch; a zero at means that it was incomplete.
func markSynced(ctx context.Context, q *db.Queries, connection string, at time.Time, full bool) error {
	if at.IsZero() {
		return nil
	}
	p := db.MarkSyncedParams{ID: connection, SyncedAt: &at}
	if full {
		p.FullSyncAt = &at
	}
	return q.MarkSynced(ctx, p)
}

// Failed records why the last sync did not work.
func (s *Recipes) Failed(ctx context.Context, connection string, cause error) error {
	return failed("store sync error", s.q.MarkSyncFailed(ctx, cause.Error(), connection))
}

// Problems lists the connection's data-quality problems.
func (s *Recipes) Problems(ctx context.Context, connection string) ([]recipesync.Problem, error) {
	rows, err := s.q.ListRecipeProblems(ctx, connection)
	if err != nil {
		return nil, failed("list recipe problems", err)
	}
	out := make([]recipesync.Problem, len(rows))
	for i, r := range rows {
		out[i] = recipesync.Problem{Recipe: recipe.ID(r.RecipeID), Name: r.Name, Field: r.Field, Problem: r.Problem}
	}
	return out, nil
}
