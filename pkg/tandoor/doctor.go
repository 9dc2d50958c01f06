package tandoor

import (
	"context"
	"errors"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/fault"
)

var errNotTandoor = errors.New("the answer has no field \"version\"")

// Status is what [Client.Check] found.
type Status struct {
	Version  string     // of Tandoor; empty in a source checkout
	Space    string     // the tenant the token belongs to
	CanWrite bool       // whether plans and shopping lists can be written back
	Missing  []Nutrient // nutrients no property type of the space stands for
}

// Probe asks without a token whether Tandoor is up, and returns its version. It is cheap
// enough for every 30 seconds.
func (c *Client) Probe(ctx context.Context) (string, error) {
	var settings struct {
		Version *string `json:"version"`
	}
	err := c.call(ctx, request{endpoint: "server_settings", path: "/api/server-settings/current/", anonymous: true}, &settings)
	if err != nil {
		return "", err
	}
	if settings.Version == nil {
		return "", &fault.Error{
			Kind: fault.TandoorError, Op: "tandoor: server settings", Cause: errNotTandoor,
			Message: "something other than Tandoor answers at " + c.base.String() + ": check the URL",
		}
	}
	return *settings.Version, nil
}

// Check looks at the connection step by step: the address, the token, its space, its
// scopes and the property types. The error of the first step that fails says the cure. It
// changes nothing: whether writing is allowed is asked with a meal type that has no name.
func (c *Client) Check(ctx context.Context) (Status, error) {
	var s Status
	var err error
	if s.Version, err = c.Probe(ctx); err != nil {
		return s, err
	}
	var space struct {
		Name string `json:"name"`
	}
	if err := c.call(ctx, request{endpoint: "space", path: "/api/space/current/"}, &space); err != nil {
		return s, err
	}
	s.Space = space.Name
	err = c.call(ctx, request{endpoint: "meal_type_create", method: http.MethodPost, path: "/api/meal-type/", body: struct{}{}}, nil)
	switch fault.KindOf(err) {
	case fault.InvalidInput:
		s.CanWrite = true
	case fault.Unauthorized:
	default:
		return s, err
	}
	types, err := listAll[wirePropertyType](ctx, c, "property_type_list", "/api/property-type/")
	if err != nil {
		return s, err
	}
	var have [nutrients]bool
	for _, t := range types {
		if n, _, ok := c.cfg.Properties.match(t); ok {
			have[n] = true
		}
	}
	for n, ok := range have {
		if !ok {
			s.Missing = append(s.Missing, Nutrient(n))
		}
	}
	return s, nil
}
