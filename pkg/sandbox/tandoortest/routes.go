package tandoortest

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) routes() {
	s.handle("/api/server-settings/current/", anyone, methods{"GET": s.serverSettings})
	s.handle("/openapi/", anyone, methods{"GET": func(*http.Request) reply {
		return ok(map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "Tandoor", "version": Version}})
	}})
	s.handle("/api-token-auth/", anyone, methods{"POST": s.tokenAuth})
	s.handle("/api/access-token/", byScope, methods{"GET": s.tokenList, "POST": s.tokenCreate})
	s.handle("/api/cook-log/", byScope, methods{"GET": s.cookList, "POST": s.cookCreate})
	s.handle("/api/space/current/", byScope, methods{"GET": func(*http.Request) reply {
		return ok(map[string]any{"id": s.space, "name": s.opt.Space, "user_count": s.opt.Users})
	}})
	s.handle("/api/user-space/all_personal/", byScope, methods{"GET": s.userSpaces})
	s.handle("/media/recipes/{file}", anyone, methods{"GET": s.picture})
	s.handle("/api/recipe/", byScope, methods{"GET": s.recipeList, "POST": s.recipeCreate})
	s.handle("/api/recipe/flat/", byScope, methods{"GET": s.recipeFlat})
	s.handle("/api/recipe/{id}/", byScope, methods{"GET": s.recipeGet, "PATCH": s.recipePatch, "DELETE": s.recipeDelete})
	s.handle("/api/recipe/{id}/shopping/", byScope, methods{"PUT": s.recipeShopping})
	s.handle("/api/food/", byScope, methods{"GET": s.list(s.foodRows), "POST": s.foodCreate})
	s.handle("/api/food/{id}/", byScope, methods{"GET": s.foodGet, "PATCH": s.foodPatch})
	s.handle("/api/unit/", byScope, methods{"GET": s.list(s.unitRows), "POST": s.unitCreate})
	s.handle("/api/unit-conversion/", byScope, methods{"GET": s.list(s.conversionRows)})
	s.handle("/api/keyword/", byScope, methods{"GET": s.list(s.keywordRows)})
	s.handle("/api/property-type/", byScope, methods{"GET": s.list(s.typeRows), "POST": s.typeCreate})
	s.handle("/api/supermarket-category/", byScope, methods{"GET": s.list(s.categoryRows), "POST": s.categoryCreate})
	s.handle("/api/supermarket/", byScope, methods{"GET": s.list(s.marketRows)})
	s.handle("/api/meal-type/", byScope, methods{"GET": s.mealTypeList, "POST": s.mealTypeCreate})
	s.handle("/api/meal-plan/", planScope, methods{"GET": s.planList, "POST": s.planCreate})
	s.handle("/api/meal-plan/ical/", mealplanScope, methods{"GET": s.planICal})
	s.handle("/api/meal-plan/{id}/", planScope, methods{"GET": s.planGet, "PATCH": s.planPatch, "PUT": s.planPatch, "DELETE": s.planDelete})
	s.handle("/api/shopping-list-entry/", byScope, methods{"GET": s.shoppingList, "POST": s.shoppingCreate})
	s.handle("/api/shopping-list-entry/bulk/", byScope, methods{"POST": s.shoppingBulk})
	s.handle("/api/shopping-list-entry/{id}/", byScope, methods{"GET": s.shoppingGet, "PATCH": s.shoppingPatch, "PUT": s.shoppingPatch, "DELETE": s.shoppingDelete})
	s.handle("/api/shopping-list-recipe/", byScope, methods{"POST": s.listRecipeCreate})
	s.handle("/api/shopping-list-recipe/{id}/bulk_create_entries/", byScope, methods{"POST": s.listRecipeFill})
}

// old reports whether the server says that it is of the first generation.
func (s *Server) old() bool { return strings.HasPrefix(s.opt.Version, "1.") }

// userSpaces is a bare list: the spaces of the token's user.
func (s *Server) userSpaces(*http.Request) reply {
	var household any
	if !s.opt.NoHousehold {
		household = map[string]any{"id": 1, "name": "Home"}
	}
	out := []any{}
	for name, db := range s.spaces {
		out = append(out, map[string]any{"id": db.number + 1, "user": userJSON(), "space": db.number + 1, "household": household, "active": name == s.opt.Space})
	}
	return ok(out)
}

// mealTypeList is a bare list in the first generation.
func (s *Server) mealTypeList(r *http.Request) reply {
	if s.old() {
		return ok(append([]any{}, s.mealTypeRows()...))
	}
	return s.list(s.mealTypeRows)(r)
}

func (s *Server) serverSettings(*http.Request) reply {
	if s.old() {
		return reply{status: http.StatusNotFound, page: "Not Found"}
	}
	return ok(map[string]any{"version": s.opt.Version, "enable_signup": false, "enable_metrics": false, "debug": false})
}

const loginsPerDay = 10

// tokenAuth hands out a token for user and password, ten times a day per address whether
// or not they are right.
func (s *Server) tokenAuth(r *http.Request) reply {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	now := s.opt.Now()
	recent := slices.DeleteFunc(s.logins[ip], func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	if len(recent) >= loginsPerDay {
		wait := int(24*time.Hour.Seconds() - now.Sub(recent[0]).Seconds())
		rep := detailed(http.StatusTooManyRequests, fmt.Sprintf("Request was throttled. Expected available in %d seconds.", wait))
		rep.header = map[string]string{"Retry-After": strconv.Itoa(wait)}
		return rep
	}
	s.logins[ip] = append(recent, now)
	var user, password string
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		in, bad := input(r)
		if bad != nil {
			return *bad
		}
		user, _ = in["username"].(string)
		password, _ = in["password"].(string)
	} else {
		user, password = r.PostFormValue("username"), r.PostFormValue("password")
	}
	if s.opt.Password == "" || user != s.opt.User || password != s.opt.Password {
		return invalid(map[string]any{"non_field_errors": []string{"Unable to log in with provided credentials."}})
	}
	for token, t := range s.opt.Tokens {
		if strings.Contains(t.Scope, "read") && strings.Contains(t.Scope, "write") {
			return ok(map[string]any{"id": 1, "token": token, "scope": t.Scope, "expires": s.stamp(now.AddDate(5, 0, 0)), "user_id": 1, "test": token})
		}
	}
	token := fmt.Sprintf("tda_login_%d", now.UnixNano())
	s.opt.Tokens[token] = Token{Scope: "read write app", Expires: now.AddDate(5, 0, 0)}
	return ok(map[string]any{"id": 2, "token": token, "scope": "read write app", "expires": s.stamp(now.AddDate(5, 0, 0)), "user_id": 1, "test": token})
}

// list serves rows with the limits of everything but recipes.
func (s *Server) list(rows func() []any) handler {
	return func(r *http.Request) reply { return s.paginate(r, rows(), 50, 200, true) }
}

func (s *Server) unitRows() (out []any) {
	for i := range s.db.units {
		out = append(out, s.unitJSON(s.db.units[i].id))
	}
	return out
}

func (s *Server) foodRows() (out []any) {
	for i := range s.db.foods {
		out = append(out, s.foodJSON(&s.db.foods[i], true))
	}
	return out
}

func (s *Server) keywordRows() (out []any) {
	for _, k := range s.db.keywords {
		out = append(out, s.keywordJSON(k))
	}
	return out
}

func (s *Server) typeRows() (out []any) {
	for i := range s.db.types {
		out = append(out, s.typeJSON(i+1))
	}
	return out
}

func (s *Server) categoryRows() (out []any) {
	for _, c := range s.db.categories {
		out = append(out, categoryJSON(c))
	}
	return out
}

func (s *Server) marketRows() []any {
	rows := []any{}
	for i, c := range s.db.categories {
		rows = append(rows, map[string]any{"id": i + 1, "category": categoryJSON(c), "supermarket": 1, "order": c.order})
	}
	return []any{map[string]any{"id": 1, "name": "Corner shop", "description": nil, "category_to_supermarket": rows, "open_data_slug": nil}}
}

func (s *Server) conversionRows() (out []any) {
	for _, c := range s.db.conversions {
		row := map[string]any{
			"id": c.id, "name": "", "base_amount": c.amount, "base_unit": s.unitJSON(c.unit),
			"converted_amount": c.toAmount, "converted_unit": s.unitJSON(c.toUnit), "food": nil, "open_data_slug": nil,
		}
		if f := s.db.food(c.food); f != nil {
			row["food"] = s.foodJSON(f, false)
		}
		out = append(out, row)
	}
	return out
}

func (s *Server) unitCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	name, _ := in["name"].(string)
	if name == "" {
		return required("name")
	}
	base, _ := in["base_unit"].(string)
	return created(s.unitJSON(s.db.ensureUnit(name, base)))
}

func (s *Server) categoryCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	name, _ := in["name"].(string)
	if name == "" {
		return required("name")
	}
	id := s.db.ensureNamed(&s.db.categories, "category", name)
	return created(categoryJSON(*s.db.named(s.db.categories, id)))
}

func (s *Server) typeCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	name, _ := in["name"].(string)
	if name == "" {
		return required("name")
	}
	i := find(s.db.types, name, typeName)
	if i < 0 {
		t := PropertyType{Name: name}
		t.Unit, _ = in["unit"].(string)
		t.Slug, _ = in["open_data_slug"].(string)
		if v, isNumber := in["fdc_id"].(float64); isNumber {
			t.FDC = int64(v)
		}
		s.db.types = append(s.db.types, t)
		i = len(s.db.types) - 1
	}
	return created(s.typeJSON(i + 1))
}
