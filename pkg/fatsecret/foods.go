package fatsecret

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// FoodHit is a food as a search shows it.
type FoodHit struct {
	ID, Name, Type, Brand, Description string
}

// Hits is one page of a search.
type Hits struct {
	Foods []FoodHit
	Total int
}

// MaxSearchResults is the most one page of a search holds.
const MaxSearchResults = 50

// SearchFoods searches for foods; page counts from 0. It needs no user.
func (c *Client) SearchFoods(ctx context.Context, text string, page, results int) (Hits, error) {
	var w struct {
		Foods holder[struct {
			List many[struct {
				ID          id     `json:"food_id"`
				Name        string `json:"food_name"`
				Type        string `json:"food_type"`
				Brand       string `json:"brand_name"`
				Description string `json:"food_description"`
			}] `json:"food"`
			Total number `json:"total_results"`
		}] `json:"foods"`
	}
	params := url.Values{
		"search_expression": {text}, "page_number": {strconv.Itoa(page)},
		"max_results": {strconv.Itoa(min(max(results, 1), MaxSearchResults))},
	}
	if err := c.do(ctx, call{method: "foods.search", params: params, read: true}, &w); err != nil {
		return Hits{}, err
	}
	hits := Hits{Total: int(w.Foods.inner.Total.value)}
	for _, f := range w.Foods.inner.List {
		hits.Foods = append(hits.Foods, FoodHit{string(f.ID), f.Name, f.Type, f.Brand, f.Description})
	}
	return hits, nil
}

// Food is a food with its servings.
type Food struct {
	ID, Name, Type, Brand string
	Servings              []Serving
}

// Serving is a way to measure a food. Values are for NumberOfUnits of its units, and so is
// the metric amount: the serving "100 g" has 100 units of a gram.
type Serving struct {
	ID, Description string
	Metric          float64 // 0 = not stated
	MetricUnit      string  // g, ml or oz
	NumberOfUnits   float64
	Values          Values
}

// Units returns the number_of_units to log for an amount in the metric unit, and false
// when the serving does not state that unit. 150 g of the serving "100 g" are 150 units,
// not 1.5.
func (s Serving) Units(amount float64, metricUnit string) (float64, bool) {
	if s.Metric <= 0 || !strings.EqualFold(s.MetricUnit, metricUnit) {
		return 0, false
	}
	return amount / s.Metric * s.NumberOfUnits, true
}

// Food reads a food with all its servings. It needs no user.
func (c *Client) Food(ctx context.Context, foodID string) (Food, error) {
	const method = "food.get.v2"
	var w struct {
		Food holder[struct {
			ID       id     `json:"food_id"`
			Name     string `json:"food_name"`
			Type     string `json:"food_type"`
			Brand    string `json:"brand_name"`
			Servings holder[struct {
				List many[wireServing] `json:"serving"`
			}] `json:"servings"`
		}] `json:"food"`
	}
	if err := c.do(ctx, call{method: method, params: url.Values{"food_id": {foodID}}, read: true}, &w); err != nil {
		return Food{}, err
	}
	f := w.Food.inner
	if f.ID == "" {
		return Food{}, fault.New(fault.NotFound, "fatsecret: "+method, "food %s", foodID)
	}
	out := Food{ID: string(f.ID), Name: f.Name, Type: f.Type, Brand: f.Brand}
	for _, s := range f.Servings.inner.List {
		v, err := s.domain()
		if err != nil {
			return Food{}, fault.Wrap(fault.FatSecretError, "fatsecret: serving "+string(s.ID)+" of food "+foodID, err)
		}
		n := s.NumberOfUnits.value
		if n <= 0 {
			n = 1 // brand foods leave it out
		}
		out.Servings = append(out.Servings, Serving{string(s.ID), s.Description, s.Metric.value, strings.ToLower(s.MetricUnit), n, v})
	}
	return out, nil
}

type wireServing struct {
	wireMacros
	ID            id     `json:"serving_id"`
	Description   string `json:"serving_description"`
	Metric        number `json:"metric_serving_amount"`
	MetricUnit    string `json:"metric_serving_unit"`
	NumberOfUnits number `json:"number_of_units"`
}
