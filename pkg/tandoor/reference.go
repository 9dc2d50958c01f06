package tandoor

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Reference is what recipes refer to: the same for all of them, and seldom changed.
type Reference struct {
	Foods      map[int64]recipe.Food // with category, ancestors and conversions
	Units      []recipe.Unit
	Categories []recipe.Category   // Order is 0 for those the supermarket does not place
	General    []recipe.Conversion // unit conversions that hold for every food
	keywords   map[int64]wireKeyword
	properties map[int64]wirePropertyType
}

// Reference fetches foods, units, conversions, categories with their aisle order,
// keywords and property types, or returns those fetched less than ReferenceTTL ago.
func (c *Client) Reference(ctx context.Context) (*Reference, error) {
	c.mu.Lock()
	ref, fetched := c.reference, c.fetched
	c.mu.Unlock()
	if ref != nil && c.cfg.Now().Sub(fetched) < c.cfg.ReferenceTTL {
		return ref, nil
	}
	return c.fetchReference(ctx)
}

func (c *Client) fetchReference(ctx context.Context) (*Reference, error) {
	var (
		foods      []wireFood
		units      []wireUnit
		conv       []wireConversion
		categories []wireCategory
		markets    []wireSupermarket
		keywords   []wireKeyword
		properties []wirePropertyType
	)
	now := c.cfg.Now()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.cfg.Concurrency)
	list := func(fetch func() error) { g.Go(fault.Guarded("tandoor: reference lists", fetch)) }
	list(func() (err error) { foods, err = listAll[wireFood](gctx, c, "food_list", "/api/food/"); return err })
	list(func() (err error) { units, err = listAll[wireUnit](gctx, c, "unit_list", "/api/unit/"); return err })
	list(func() (err error) {
		conv, err = listAll[wireConversion](gctx, c, "unit_conversion_list", "/api/unit-conversion/")
		return err
	})
	list(func() (err error) {
		categories, err = listAll[wireCategory](gctx, c, "supermarket_category_list", "/api/supermarket-category/")
		return err
	})
	list(func() (err error) { markets, err = c.supermarkets(gctx); return err })
	list(func() (err error) {
		keywords, err = listAll[wireKeyword](gctx, c, "keyword_list", "/api/keyword/")
		return err
	})
	list(func() (err error) {
		properties, err = listAll[wirePropertyType](gctx, c, "property_type_list", "/api/property-type/")
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	ref := c.assemble(foods, units, conv, categories, markets)
	ref.keywords = byID(keywords, func(k wireKeyword) int64 { return k.ID })
	ref.properties = byID(properties, func(p wirePropertyType) int64 { return p.ID })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reference, c.fetched = ref, now
	return ref, nil
}

func byID[T any](list []T, id func(T) int64) map[int64]T {
	m := make(map[int64]T, len(list))
	for _, v := range list {
		m[id(v)] = v
	}
	return m
}

func (c *Client) assemble(foods []wireFood, units []wireUnit, conv []wireConversion, categories []wireCategory, markets []wireSupermarket) *Reference {
	order := c.aisles(markets)
	ref := &Reference{Foods: make(map[int64]recipe.Food, len(foods))}
	for _, u := range units {
		ref.Units = append(ref.Units, domainUnit(&u))
	}
	for _, cat := range categories {
		ref.Categories = append(ref.Categories, recipe.Category{ID: cat.ID, Name: cat.Name, Order: order[cat.ID]})
	}
	own := map[int64][]recipe.Conversion{}
	for _, w := range conv {
		from, err1 := amount(w.BaseAmount.value)
		to, err2 := amount(w.ConvertedAmount.value)
		if err1 != nil || err2 != nil || from == 0 || to == 0 {
			continue // Tandoor itself skips conversions that are not positive
		}
		d := recipe.Conversion{Amount: from, Unit: domainUnit(&w.BaseUnit), ToAmount: to, ToUnit: domainUnit(&w.ConvertedUnit)}
		if w.Food == nil {
			ref.General = append(ref.General, d)
		} else {
			own[w.Food.ID] = append(own[w.Food.ID], d)
		}
	}
	tree := byID(foods, func(f wireFood) int64 { return f.ID })
	for _, w := range foods {
		ref.Foods[w.ID] = domainFood(w, order, own[w.ID], ancestors(w, tree))
	}
	return ref
}

// aisles returns the position of each category on the way through the supermarket, counted
// from 1. One that was deleted in Tandoor keeps no recipes back: the first counts.
func (c *Client) aisles(markets []wireSupermarket) map[int64]int {
	order := map[int64]int{}
	if len(markets) == 0 {
		return order
	}
	for _, cat := range markets[max(0, slices.IndexFunc(markets, c.chosen))].Categories {
		order[cat.Category.ID] = cat.Order + 1
	}
	return order
}

func (c *Client) supermarkets(ctx context.Context) ([]wireSupermarket, error) {
	return listAll[wireSupermarket](ctx, c, "supermarket_list", "/api/supermarket/")
}

func (c *Client) chosen(m wireSupermarket) bool { return strings.EqualFold(m.Name, c.cfg.Supermarket) }

func ancestors(f wireFood, tree map[int64]wireFood) []recipe.FoodRef {
	var out []recipe.FoodRef
	for len(out) <= len(tree) { // bounds a tree with a cycle
		parent, ok := tree[deref(f.Parent)]
		if !ok {
			break
		}
		out = append(out, recipe.FoodRef{ID: parent.ID, Name: parent.Name})
		f = parent
	}
	return out
}

func domainFood(w wireFood, order map[int64]int, conv []recipe.Conversion, anc []recipe.FoodRef) recipe.Food {
	f := recipe.Food{
		ID: w.ID, Name: w.Name, Plural: deref(w.PluralName), FDC: w.FDC.integer(), Slug: deref(w.Slug),
		Ancestors: anc, IgnoreShopping: w.IgnoreShopping, OnHand: w.OnHand, Conversions: conv,
	}
	if w.Recipe != nil {
		f.Recipe = recipe.ID(w.Recipe.ID)
	}
	if w.Category != nil {
		f.Category = recipe.Category{ID: w.Category.ID, Name: w.Category.Name, Order: order[w.Category.ID]}
	}
	return f
}

func domainUnit(w *wireUnit) recipe.Unit {
	if w == nil {
		return recipe.Unit{}
	}
	return recipe.Unit{ID: w.ID, Name: w.Name, Plural: deref(w.PluralName), Base: deref(w.BaseUnit)}
}

// listAll reads all pages of a list other than recipes.
func listAll[T any](ctx context.Context, c *Client, endpoint, path string) ([]T, error) {
	return pages[T](ctx, c, endpoint, path, url.Values{}, referencePage)
}

// pages reads all pages of a list, counting them itself: the addresses Tandoor gives
// for the next page may name another host. The server may give smaller pages than asked
// for, and the list may shrink meanwhile, which shows as "Invalid page.".
func pages[T any](ctx context.Context, c *Client, endpoint, path string, query url.Values, size int) ([]T, error) {
	var all []T
	query.Set("page_size", strconv.Itoa(size))
	for n := 1; n <= maxPages; n++ {
		query.Set("page", strconv.Itoa(n))
		var p wirePage[T]
		err := c.call(ctx, request{endpoint: endpoint, path: path, query: query}, &p)
		if e := apiError(err); n > 1 && e != nil && e.Status == 404 {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p.Results...)
		if p.Next == nil || len(p.Results) == 0 {
			return all, nil
		}
	}
	return nil, fault.New(fault.TandoorError, "tandoor: "+endpoint, "more than %d pages", maxPages)
}
