package tandoor

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Overview is a recipe as lists show it: without nutrition, steps or ingredients.
type Overview struct {
	ID        recipe.ID
	Name      string
	UpdatedAt time.Time
}

// Changed lists the recipes updated since the given time, and some older ones: Tandoor
// filters by whole days in a time zone that is its own affair, so one day is added. The
// zero time lists all.
func (c *Client) Changed(ctx context.Context, since time.Time) ([]Overview, error) {
	query := url.Values{"sort_order": {"created_at"}}
	if !since.IsZero() {
		query.Set("updatedon_gte", since.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
	}
	list, err := pages[wireOverview](ctx, c, "recipe_list", "/api/recipe/", query, c.cfg.PageSize)
	if err != nil {
		return nil, err
	}
	seen := make(map[int64]Overview, len(list)) // a list that grows meanwhile shows some twice
	for _, w := range list {
		seen[w.ID] = Overview{recipe.ID(w.ID), w.Name, w.UpdatedAt}
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b Overview) int { return int(a.ID - b.ID) }), nil
}

// IDs lists the ids of all visible recipes, in ascending order. Tandoor keeps no trace of
// deleted ones: they are those that are missing here.
func (c *Client) IDs(ctx context.Context) ([]recipe.ID, error) {
	var flat []wireOverview
	if err := c.call(ctx, request{endpoint: "recipe_flat", path: "/api/recipe/flat/"}, &flat); err != nil {
		return nil, err
	}
	ids := make([]recipe.ID, 0, len(flat))
	for _, w := range flat {
		ids = append(ids, recipe.ID(w.ID))
	}
	slices.Sort(ids)
	return ids, nil
}

// Recipe fetches one recipe with what the planner needs of it. Problems are found even
// when the recipe is good. A refused recipe is an error of kind [fault.TandoorError]; an
// unknown one has kind [fault.NotFound].
func (c *Client) Recipe(ctx context.Context, id recipe.ID) (recipe.Recipe, []Problem, error) {
	ref, err := c.Reference(ctx)
	if err != nil {
		return recipe.Recipe{}, nil, err
	}
	return c.detail(ctx, ref, Overview{ID: id})
}

func (c *Client) detail(ctx context.Context, ref *Reference, o Overview) (recipe.Recipe, []Problem, error) {
	var w wireRecipe
	err := c.call(ctx, request{endpoint: "recipe_detail", path: "/api/recipe/" + strconv.FormatInt(int64(o.ID), 10) + "/"}, &w)
	if err != nil {
		return recipe.Recipe{}, nil, err
	}
	conv := c.converter(ref)
	r, err := conv.recipe(w)
	return r, conv.problems, err
}

// Ask is what a [Client.Sync] is for.
type Ask struct {
	Since time.Time // changes before it are known; zero = none are
	// Known holds the UpdatedAt of every recipe the caller has, or knows to be refused;
	// those whose time is the same are not fetched again.
	Known map[recipe.ID]time.Time
	// Full fetches every recipe: do it nightly, because a change of a food's properties does
	// not touch the recipes made of it.
	Full bool
	// Guard, which may be nil, is told the space that the token shows and the known recipes
	// that are not there any more, before any recipe is fetched. Its error ends the sync.
	Guard    func(space int64, name string, gone []recipe.ID) error
	Progress func(done, total int) // how many details are done; may be nil. Not called concurrently
}

// Result is what a [Client.Sync] found. All lists are sorted by recipe.
type Result struct {
	Changed  []recipe.Recipe         // new or updated, or all of them after a full sync
	Deleted  []recipe.ID             // known before and no longer there
	Refused  map[recipe.ID]time.Time // cannot be used until they change: their UpdatedAt
	Problems []Problem               // of the recipes looked at
	Listed   int                     // recipes the list named
}

// Sync finds what changed since a time, and what is gone. A recipe that is refused or that
// Tandoor cannot show becomes a [Problem]; only a failure that concerns the connection or
// all recipes is an error.
func (c *Client) Sync(ctx context.Context, ask Ask) (Result, error) {
	if ask.Full {
		ask.Since = time.Time{}
	}
	var (
		list  []Overview
		gone  []recipe.ID
		space publish.Space
	)
	// One that fails does not cancel the others: after an outage the breaker lets a single
	// request through, and only its end closes the breaker again.
	var g errgroup.Group
	g.SetLimit(c.cfg.Concurrency)
	g.Go(fault.Guarded("tandoor: changed recipes", func() (err error) { list, err = c.Changed(ctx, ask.Since); return err }))
	if len(ask.Known) > 0 {
		g.Go(fault.Guarded("tandoor: deleted recipes", func() (err error) { gone, err = c.deleted(ctx, ask.Known); return err }))
	}
	if ask.Guard != nil {
		g.Go(fault.Guarded("tandoor: space", func() (err error) { space, err = c.Space(ctx); return err }))
	}
	if err := g.Wait(); err != nil {
		return Result{}, err
	}
	if ask.Guard != nil {
		if err := ask.Guard(space.ID, space.Name, gone); err != nil {
			return Result{}, err
		}
	}
	res := Result{Listed: len(list), Deleted: gone, Refused: map[recipe.ID]time.Time{}}
	todo := slices.DeleteFunc(list, func(o Overview) bool {
		at, have := ask.Known[o.ID]
		return have && !ask.Full && at.Equal(o.UpdatedAt)
	})
	if len(todo) == 0 {
		return res, nil
	}
	ref, err := c.referenceFor(ctx, ask.Full)
	if err != nil {
		return Result{}, err
	}
	err = c.details(ctx, ref, todo, ask.Since.IsZero(), &res, ask.Progress)
	return res, err
}

func (c *Client) referenceFor(ctx context.Context, full bool) (*Reference, error) {
	if full {
		return c.fetchReference(ctx)
	}
	return c.Reference(ctx)
}

func (c *Client) deleted(ctx context.Context, known map[recipe.ID]time.Time) ([]recipe.ID, error) {
	ids, err := c.IDs(ctx)
	if err != nil {
		return nil, err
	}
	var gone []recipe.ID
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if _, there := slices.BinarySearch(ids, id); !there {
			gone = append(gone, id)
		}
	}
	return gone, nil
}

// details fetches recipes. If they are the whole library and none can be shown, it is not
// about recipes.
func (c *Client) details(ctx context.Context, ref *Reference, todo []Overview, whole bool, res *Result, progress func(done, total int)) error {
	var (
		mu      sync.Mutex
		done    int
		lastBad error
		unshown int
		g, gctx = errgroup.WithContext(ctx)
	)
	g.SetLimit(c.cfg.Concurrency)
	for _, o := range todo {
		g.Go(fault.Guarded("tandoor: recipe", func() error {
			r, problems, err := c.detail(gctx, ref, o)
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(done, len(todo))
			}
			res.Problems = append(res.Problems, problems...)
			switch {
			case err == nil:
				res.Changed = append(res.Changed, r)
			case fault.KindOf(err) == fault.NotFound: // deleted since it was listed
			case fault.KindOf(err) == fault.TandoorError && gctx.Err() == nil:
				res.Refused[o.ID] = o.UpdatedAt
				if problems == nil {
					unshown, lastBad = unshown+1, err
					res.Problems = append(res.Problems, Problem{o.ID, o.Name, Unreadable, "", err.Error(), true})
				}
			default:
				return err
			}
			return nil
		}))
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if whole && unshown == len(todo) {
		return lastBad
	}
	slices.SortFunc(res.Changed, func(a, b recipe.Recipe) int { return int(a.ID - b.ID) })
	slices.SortStableFunc(res.Problems, func(a, b Problem) int { return int(a.Recipe - b.Recipe) })
	return nil
}
