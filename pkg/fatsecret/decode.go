package fatsecret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// number reads a number that may come as a string, or wrapped in {"value": ...}; null,
// "" and {} mean that it was not stated.
type number struct {
	value  float64
	stated bool
}

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number{}
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is not a number", s)
	}
	*n = number{v, true}
	return nil
}

// id is an identifier, kept as text: it may come as a number, a string or wrapped.
type id string

func (i *id) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	*i = id(s)
	return err
}

// scalar takes the text out of "x", 1, null, {"value": "x"} and {}.
func scalar(b []byte) (string, error) {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || bytes.Equal(b, []byte("null")):
		return "", nil
	case b[0] == '{':
		var w struct {
			Value json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(b, &w); err != nil {
			return "", err
		}
		return scalar(w.Value)
	case b[0] == '"':
		var s string
		err := json.Unmarshal(b, &s)
		return strings.TrimSpace(s), err
	case b[0] == '[':
		return "", errors.New("a list where one value was expected")
	default:
		return string(b), nil
	}
}

// many reads a list that may be one element without brackets, null, "" or absent.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(b []byte) error {
	*m = nil
	b = bytes.TrimSpace(b)
	switch {
	case bytes.Equal(b, []byte("null")) || bytes.Equal(b, []byte(`""`)):
		return nil
	case b[0] == '[':
		var list []T
		err := json.Unmarshal(b, &list)
		*m = list
		return err
	default:
		var one T
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		*m = []T{one}
		return nil
	}
}

// holder reads an object that may be null, "" or a bare list of what it holds.
type holder[T any] struct{ inner T }

func (h *holder[T]) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if b[0] != '{' {
		return nil // null, "" and their like: nothing there
	}
	return json.Unmarshal(b, &h.inner)
}

type wireMacros struct {
	Calories     number `json:"calories"`
	Protein      number `json:"protein"`
	Fat          number `json:"fat"`
	Carbohydrate number `json:"carbohydrate"`
}

func (w wireMacros) domain() (Values, error) {
	var v Values
	for _, f := range []struct {
		name string
		from number
		to   *nutrition.Mass
	}{{"protein", w.Protein, &v.Macros.Protein}, {"fat", w.Fat, &v.Macros.Fat}, {"carbohydrate", w.Carbohydrate, &v.Macros.Carbs}} {
		m, err := nutrition.FromGrams(f.from.value)
		if err != nil {
			return Values{}, fmt.Errorf("%s: %w", f.name, err)
		}
		*f.to = m
	}
	if w.Calories.value < 0 || w.Calories.value > 1e6 {
		return Values{}, fmt.Errorf("calories: %v is out of range", w.Calories.value)
	}
	v.Energy = nutrition.Energy(math.Round(w.Calories.value * float64(nutrition.Kilocalorie)))
	return v, nil
}
