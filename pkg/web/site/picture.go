package site

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
)

// picture serves a picture of the user's library.
func (s *Site) picture(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(r.PathValue("recipe"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "picture", "%q is no recipe", r.PathValue("recipe"))
	}
	recipes, err := s.Recipes.Load(r.Context(), u.Connection)
	if err != nil {
		return err
	}
	for _, rec := range recipes {
		if rec.ID != recipe.ID(number) {
			continue
		}
		data, err := s.Pictures.Get(r.Context(), u.Connection, rec, picture.Size(r.PathValue("size")))
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Cache-Control", "private, max-age=604800") // another has another address
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		return nil
	}
	return fault.New(fault.NotFound, "picture", "there is no recipe %d", number)
}

// pictureOf is where a recipe's picture is served; "" if it has none. The address changes with the
// picture.
func (s *Site) pictureOf(r recipe.Recipe, size picture.Size) string {
	if r.Picture == "" {
		return ""
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Picture)) // a hash never fails to write
	return s.at(fmt.Sprintf("/picture/%d/%s?of=%08x", r.ID, size, h.Sum32()))
}

// illustrate adds the pictures of the week's dishes.
func (s *Site) illustrate(ctx context.Context, id string, p *weekPage) error {
	u, err := s.Users.Get(ctx, id)
	if err != nil {
		return err
	}
	recipes, err := s.Recipes.Load(ctx, u.Connection)
	if err != nil {
		return err
	}
	shown := map[recipe.ID][]*mealView{}
	for d := range p.Days {
		for m := range p.Days[d].Meals {
			if v := &p.Days[d].Meals[m]; v.Serving != nil {
				shown[v.Serving.Recipe] = append(shown[v.Serving.Recipe], v)
			}
		}
	}
	for _, r := range recipes {
		for _, v := range shown[r.ID] {
			v.Picture = s.pictureOf(r, picture.Small)
		}
	}
	return nil
}
