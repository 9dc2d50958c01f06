package tandoortest

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"time"
)

type cookLog struct {
	id, recipe, rating int
	servings           float64
	comment            string
	at                 time.Time
}

func (s *Server) cookJSON(c cookLog) map[string]any {
	return map[string]any{
		"id": c.id, "recipe": c.recipe, "servings": c.servings, "rating": orNil(c.rating), "comment": c.comment,
		"created_by": userJSON(), "created_at": s.stamp(c.at), "updated_at": s.stamp(c.at),
	}
}

func (s *Server) cookList(r *http.Request) reply {
	want := r.URL.Query().Get("recipe")
	rows := []any{}
	for _, c := range s.db.cooked {
		if want == "" || want == strconv.Itoa(c.recipe) {
			rows = append(rows, s.cookJSON(c))
		}
	}
	return s.paginate(r, rows, 50, 200, true)
}

func (s *Server) cookCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	id, rep := reference(in["recipe"], "recipe", func(id int) bool { return s.db.recipes[id] != nil })
	switch {
	case rep != nil:
		return *rep
	case id == 0:
		return required("recipe")
	}
	c := cookLog{id: s.db.id("cooklog"), recipe: id, at: s.opt.Now()}
	c.servings, _ = in["servings"].(float64)
	c.comment, _ = in["comment"].(string)
	if v, there := in["rating"].(float64); there {
		c.rating = int(v)
	}
	s.db.cooked = append(s.db.cooked, c)
	return created(s.cookJSON(c))
}

// rating is the average of a recipe's ratings, or 0.
func (s *Server) rating(recipe int) float64 {
	sum, n := 0, 0
	for _, c := range s.db.cooked {
		if c.recipe == recipe && c.rating > 0 {
			sum, n = sum+c.rating, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return round4(float64(sum) / float64(n))
}

const maskedToken = "tda_************"

func (s *Server) tokenJSON(id int, shown string, t Token) map[string]any {
	var expires any
	if !t.Expires.IsZero() {
		expires = s.stamp(t.Expires)
	}
	return map[string]any{"id": id, "token": shown, "expires": expires, "scope": t.Scope, "created": s.stamp(s.opt.Now()), "updated": s.stamp(s.opt.Now())}
}

// tokenList is a bare array in which tokens are masked.
func (s *Server) tokenList(*http.Request) reply {
	out := []any{}
	for _, t := range s.opt.Tokens {
		out = append(out, s.tokenJSON(len(out)+1, maskedToken, t))
	}
	return ok(out)
}

func (s *Server) tokenCreate(r *http.Request) reply {
	in, bad := input(r)
	if bad != nil {
		return *bad
	}
	text, _ := in["expires"].(string)
	expires, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return required("expires")
	}
	t := Token{Expires: expires}
	t.Scope, _ = in["scope"].(string)
	token := "tda_" + rand.Text()
	s.opt.Tokens[token] = t
	return created(s.tokenJSON(len(s.opt.Tokens), token, t))
}
