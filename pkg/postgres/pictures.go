package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
)

var _ picture.Store = (*Recipes)(nil)

// Picture implements [picture.Store].
func (s *Recipes) Picture(ctx context.Context, connection string, id recipe.ID) (picture.Kept, error) {
	row, err := s.q.GetPicture(ctx, connection, int64(id))
	if errors.Is(err, pgx.ErrNoRows) {
		return picture.Kept{}, nil
	}
	k := picture.Kept{Source: row.Source, At: row.FetchedAt}
	if len(row.Small) > 0 {
		k.Small, k.Large = row.Small, row.Large
	}
	return k, failed("load a picture", err)
}

// KeepPicture implements [picture.Store].
func (s *Recipes) KeepPicture(ctx context.Context, connection string, id recipe.ID, k picture.Kept) error {
	p := db.KeepPictureParams{Source: k.Source, Small: k.Small, Large: k.Large, FetchedAt: k.At, ConnectionID: connection, RecipeID: int64(id)}
	if k.Small == nil {
		p.Small, p.Large = []byte{}, []byte{}
	}
	return failed("keep a picture", s.q.KeepPicture(ctx, p))
}
