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

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/recipe"
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

// Result is what a [Client.Sync] found. All lists are sorted by recipe.
type Result struct {
	Changed  []recipe.Recipe // new or updated, or all of them after a full sync
	Deleted  []recipe.ID     // known before and no longer there; found by full syncs only
	Problems []Problem       // of the recipes looked at
	Listed   int             // recipes the list named
}

// Sync finds what changed since a time. known holds the UpdatedAt of every recipe the
// caller has; those whose time is the same are not fetched again. full fetches every
// recipe and finds deletions: do it nightly, because a change of a food's properties does
// not touch the recipes made of it.
//
// A recipe that is refused or that Tandoor cannot show becomes a [Problem]; only a failure
// that concerns the connection or all recipes is an error. progress, which may be nil, is
// told how many details are done; it is not called concurrently.
func (c *Client) Sync(ctx context.Context, since time.Time, known map[recipe.ID]time.Time, full bool, progress func(done, total int)) (Result, error) {
	if full {
		since = time.Time{}
	}
	list, err := c.Changed(ctx, since)
	if err != nil {
		return Result{}, err
	}
	res := Result{Listed: len(list)}
	if full {
		if res.Deleted, err = c.deleted(ctx, known); err != nil {
			return Result{}, err
		}
	}
	todo := slices.DeleteFunc(list, func(o Overview) bool {
		at, have := known[o.ID]
		return have && !full && at.Equal(o.UpdatedAt)
	})
	if len(todo) == 0 {
		return res, nil
	}
	ref, err := c.referenceFor(ctx, full)
	if err != nil {
		return Result{}, err
	}
	err = c.details(ctx, ref, todo, &res, progress)
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

func (c *Client) details(ctx context.Context, ref *Reference, todo []Overview, res *Result, progress func(done, total int)) error {
	var (
		mu      sync.Mutex
		done    int
		lastBad error
		unshown int
		g, gctx = errgroup.WithContext(ctx)
	)
	g.SetLimit(c.cfg.Concurrency)
	for _, o := range todo {
		g.Go(func() error {
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
				if problems == nil {
					unshown, lastBad = unshown+1, err
					res.Problems = append(res.Problems, Problem{o.ID, o.Name, Unreadable, "", err.Error(), true})
				}
			default:
				return err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if unshown == len(todo) {
		return lastBad
	}
	slices.SortFunc(res.Changed, func(a, b recipe.Recipe) int { return int(a.ID - b.ID) })
	slices.SortStableFunc(res.Problems, func(a, b Problem) int { return int(a.Recipe - b.Recipe) })
	return nil
}
