package tandoor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// number reads what Tandoor sends for a decimal: a JSON number, a string with point or
// comma, or null, which together with "" means "not stated".
type number struct {
	value  float64
	stated bool
}

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number{}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	s := string(b)
	if b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		if s = strings.Replace(strings.TrimSpace(s), ",", ".", 1); s == "" {
			return nil
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%s is not a number", b)
	}
	*n = number{v, true}
	return nil
}

func (n number) integer() int64 {
	if n.value > -1e15 && n.value < 1e15 {
		return int64(n.value)
	}
	return 0
}

type wirePage[T any] struct {
	Count   int     `json:"count"`
	Next    *string `json:"next"` // an address we never follow: only whether there is one
	Results []T     `json:"results"`
}

type wireOverview struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	UpdatedAt time.Time `json:"updated_at"`
}

type wireRecipe struct {
	wireOverview
	Description    *string                     `json:"description"`
	Image          *string                     `json:"image"` // absolute address
	Keywords       []wireKeyword               `json:"keywords"`
	Steps          []wireStep                  `json:"steps"`
	WorkingTime    number                      `json:"working_time"`
	WaitingTime    number                      `json:"waiting_time"`
	Servings       number                      `json:"servings"`
	Nutrition      *wireNutrition              `json:"nutrition"`
	Properties     []wireProperty              `json:"properties"`
	FoodProperties map[string]wireFoodProperty `json:"food_properties"`
}

type wireKeyword struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Label  string `json:"label"`
	Parent *int64 `json:"parent"`
}

type wireStep struct {
	Name           string           `json:"name"`
	Instruction    string           `json:"instruction"`
	Time           number           `json:"time"`
	Ingredients    []wireIngredient `json:"ingredients"`
	StepRecipe     *int64           `json:"step_recipe"`
	StepRecipeData *struct{}        `json:"step_recipe_data"` // only whether there is any
}

type wireIngredient struct {
	Food     *wireFood `json:"food"`
	Unit     *wireUnit `json:"unit"`
	Amount   number    `json:"amount"`
	Note     *string   `json:"note"`
	IsHeader bool      `json:"is_header"`
	NoAmount bool      `json:"no_amount"`
	// OriginalText is the line as it was imported.
	OriginalText *string `json:"original_text"`
}

type wireFood struct {
	ID             int64          `json:"id"`
	Name           string         `json:"name"`
	PluralName     *string        `json:"plural_name"`
	Recipe         *wireOwnRecipe `json:"recipe"`
	FDC            number         `json:"fdc_id"`
	Slug           *string        `json:"open_data_slug"`
	OnHand         bool           `json:"food_onhand"`
	IgnoreShopping bool           `json:"ignore_shopping"`
	Category       *wireCategory  `json:"supermarket_category"`
	Parent         *int64         `json:"parent"`
}

type wireOwnRecipe struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type wireUnit struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	PluralName *string `json:"plural_name"`
	BaseUnit   *string `json:"base_unit"`
}

type wireCategory struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type wireConversion struct {
	BaseAmount      number    `json:"base_amount"`
	BaseUnit        wireUnit  `json:"base_unit"`
	ConvertedAmount number    `json:"converted_amount"`
	ConvertedUnit   wireUnit  `json:"converted_unit"`
	Food            *wireFood `json:"food"`
}

type wireSupermarket struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Categories []struct {
		Category wireCategory `json:"category"`
		Order    int          `json:"order"`
	} `json:"category_to_supermarket"`
}

type wireNutrition struct {
	Calories      number `json:"calories"`
	Proteins      number `json:"proteins"`
	Fats          number `json:"fats"`
	Carbohydrates number `json:"carbohydrates"`
}

type wirePropertyType struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Unit  *string `json:"unit"`
	Order int     `json:"order"`
	FDC   number  `json:"fdc_id"`
	Slug  *string `json:"open_data_slug"`
}

type wireProperty struct {
	Amount number           `json:"property_amount"`
	Type   wirePropertyType `json:"property_type"`
}

type wireFoodProperty struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Unit       *string `json:"unit"`
	Order      int     `json:"order"`
	Total      number  `json:"total_value"`
	Missing    bool    `json:"missing_value"`
	FoodValues map[string]struct {
		Food struct {
			Name string `json:"name"`
		} `json:"food"`
		Value             number          `json:"value"`
		MissingUnit       bool            `json:"missing_unit"`
		MissingConversion json.RawMessage `json:"missing_conversion"`
	} `json:"food_values"`
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
