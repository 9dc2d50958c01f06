package tandoor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

var errNotTandoor = errors.New("the answer has no field \"version\"")

// LeastVersion is the oldest Tandoor that can be used: 1.x has other paths, and the early
// 2.x want another scope for meal plans.
const LeastVersion = "2.5.2"

// Status is what [Client.Check] found.
type Status struct {
	Version  string     // of Tandoor; empty in a source checkout
	Space    string     // the tenant the token belongs to, by name
	SpaceID  int64      // and by id
	CanWrite bool       // whether plans and shopping lists can be written back
	Missing  []Nutrient // nutrients no property type of the space stands for
	// Alone says that the space has other users, and that they do not see what is written:
	// the token's user is in no household.
	Alone bool
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

// Check looks at the connection step by step: the address, the version, the token, its
// space, its scopes, its household and the property types. The error of the first step that
// fails says the cure. It changes nothing: whether writing is allowed is asked with meals
// and entries that lack what they must have.
func (c *Client) Check(ctx context.Context) (Status, error) {
	var s Status
	var err error
	if s.Version, err = c.Probe(ctx); err != nil {
		if e := apiError(err); e != nil && e.HTML && c.firstGeneration(ctx) {
			return s, tooOld("1.x")
		}
		return s, err
	}
	if older(s.Version, LeastVersion) {
		return s, tooOld(s.Version)
	}
	var space struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		Users int    `json:"user_count"`
	}
	if err := c.call(ctx, request{endpoint: "space", path: "/api/space/current/"}, &space); err != nil {
		return s, err
	}
	s.Space, s.SpaceID = space.Name, space.ID
	one := url.Values{"page_size": {"1"}}
	for _, ask := range []request{{endpoint: "meal_plan_list", path: "/api/meal-plan/"}, {endpoint: "shopping_list", path: "/api/shopping-list-entry/"}} {
		ask.query = one
		if err := c.call(ctx, ask, nil); err != nil {
			return s, err
		}
	}
	if s.CanWrite, err = c.mayWrite(ctx); err != nil {
		return s, err
	}
	if space.Users > 1 {
		if s.Alone, err = c.alone(ctx, space.ID); err != nil {
			return s, err
		}
	}
	if s.Missing, err = c.missing(ctx); err != nil {
		return s, err
	}
	return s, c.hasSupermarket(ctx)
}

// hasSupermarket refuses a configured supermarket that the library does not have.
func (c *Client) hasSupermarket(ctx context.Context) error {
	if c.cfg.Supermarket == "" {
		return nil
	}
	markets, err := c.supermarkets(ctx)
	if err != nil || slices.ContainsFunc(markets, c.chosen) {
		return err
	}
	names := make([]string, len(markets))
	for i, m := range markets {
		names[i] = strconv.Quote(m.Name)
	}
	return fault.New(fault.InvalidInput, "tandoor: --supermarket", "%q is not in Tandoor, which has %s: name one of those, or none for its first",
		c.cfg.Supermarket, cmp.Or(strings.Join(names, ", "), "none"))
}

func tooOld(version string) error {
	return fault.New(fault.TandoorError, "tandoor: version", "Tandoor %s is too old: update it to %s or later", version, LeastVersion)
}

// firstGeneration reports whether a Tandoor 1.x answers: its lists are bare arrays.
func (c *Client) firstGeneration(ctx context.Context) bool {
	var list []json.RawMessage
	return c.call(ctx, request{endpoint: "meal_type_list", path: "/api/meal-type/"}, &list) == nil
}

// older compares versions number by number; what is no number, as in a source checkout, is
// as good as any.
func older(version, least string) bool {
	v, l := strings.Split(version, "."), strings.Split(least, ".")
	for i := range l {
		if i >= len(v) {
			return false
		}
		a, aerr := strconv.Atoi(v[i])
		b, berr := strconv.Atoi(l[i])
		if aerr != nil || berr != nil || a != b {
			return aerr == nil && berr == nil && a < b
		}
	}
	return false
}

// mayWrite asks for each thing that is written to be made from nothing, which is refused
// with 400 if it is allowed at all.
func (c *Client) mayWrite(ctx context.Context) (bool, error) {
	for _, ask := range []request{
		{endpoint: "meal_type_create", path: "/api/meal-type/"},
		{endpoint: "meal_plan_create", path: "/api/meal-plan/"},
		{endpoint: "shopping_create", path: "/api/shopping-list-entry/"},
	} {
		ask.method, ask.body = http.MethodPost, struct{}{}
		err := c.call(ctx, ask, nil)
		switch fault.KindOf(err) {
		case fault.InvalidInput:
		case fault.Unauthorized:
			return false, nil
		case "":
			return false, fault.New(fault.TandoorError, "tandoor: "+ask.path, "accepted an entry without any field: this is not the API of Tandoor %s", LeastVersion)
		default:
			return false, err
		}
	}
	return true, nil
}

// alone reports whether the token's user is in no household of the space.
func (c *Client) alone(ctx context.Context, space int64) (bool, error) {
	var memberships []struct {
		Space     int64     `json:"space"`
		Household *struct{} `json:"household"`
	}
	if err := c.call(ctx, request{endpoint: "user_space", path: "/api/user-space/all_personal/"}, &memberships); err != nil {
		return false, fmt.Errorf("household: %w", err)
	}
	for _, m := range memberships {
		if m.Space == space {
			return m.Household == nil, nil
		}
	}
	return false, nil
}

// missing lists the nutrients that no property type stands for.
func (c *Client) missing(ctx context.Context) (out []Nutrient, err error) {
	types, err := listAll[wirePropertyType](ctx, c, "property_type_list", "/api/property-type/")
	if err != nil {
		return nil, err
	}
	var have [nutrients]bool
	for _, t := range types {
		if n, _, ok := c.cfg.Properties.match(t); ok {
			have[n] = true
		}
	}
	for n, ok := range have {
		if !ok {
			out = append(out, Nutrient(n))
		}
	}
	return out, nil
}
