package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Unpublished implements [publish.Plans].
func (s *Plans) Unpublished(ctx context.Context, userID string, today calendar.Date) ([]publish.Due, error) {
	return s.due(ctx, db.ListUnpublishedParams{Since: (today - 7).Time(), UserID: userID})
}

// Asked implements [publish.Plans].
func (s *Plans) Asked(ctx context.Context, userID string, week calendar.Date) (publish.Due, error) {
	asked := week.Time()
	all, err := s.due(ctx, db.ListUnpublishedParams{Since: (week - 1).Time(), Asked: &asked, UserID: userID})
	if err != nil {
		return publish.Due{}, err
	}
	if len(all) == 0 {
		return publish.Due{}, fault.New(fault.NotFound, "publish plan", "no plan for the week of %s", week)
	}
	all[0].Again = true
	return all[0], nil
}

func (s *Plans) due(ctx context.Context, p db.ListUnpublishedParams) ([]publish.Due, error) {
	rows, err := s.q.ListUnpublished(ctx, p)
	if err != nil {
		return nil, failed("list unpublished plans", err)
	}
	out := make([]publish.Due, len(rows))
	for i, r := range rows {
		out[i] = publish.Due{ID: r.ID, User: r.UserID, Week: calendar.On(r.WeekOf), Connection: r.ConnectionID, Off: !r.WriteBack, Outdated: r.Outdated}
	}
	return out, nil
}

// Publish implements [publish.Plans]; only one process writes to a library at a time.
func (s *Plans) Publish(ctx context.Context, u publish.Due, write func(context.Context) (publish.Report, error)) (r publish.Report, claimed, news bool, err error) {
	const op = "publish plan"
	var werr error
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		free, err := q.ClaimConnection(ctx, u.Connection)
		if err != nil || !free {
			return err
		}
		_, err = q.ClaimUnpublished(ctx, u.ID, u.Again)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		claimed = true
		if r, werr = write(ctx); werr != nil {
			news, err = q.WriteBackFailed(ctx, u.ID, werr.Error())
			return err
		}
		if news, err = q.WriteBackDone(ctx, u.ID, append([]string{}, r.Refused...)); err != nil {
			return err
		}
		return q.MarkPublished(ctx, u.ID)
	})
	return r, claimed, news, errors.Join(werr, failed(op, err))
}

// WriteBook keeps what was written back; it implements [publish.Book].
type WriteBook struct{ q *db.Queries }

var _ publish.Book = (*WriteBook)(nil)

// NewWriteBook returns the book.
func NewWriteBook(pool Conns) *WriteBook { return &WriteBook{db.New(pool)} }

const writeBookOp = "written back"

// Rows implements [publish.Book].
func (b *WriteBook) Rows(ctx context.Context, connection string, plan, space int64) ([]publish.Row, error) {
	rows, err := b.q.ListWrittenBack(ctx, db.ListWrittenBackParams{PlanID: plan, ConnectionID: connection, SpaceID: space})
	if err != nil {
		return nil, failed(writeBookOp, err)
	}
	out := make([]publish.Row, len(rows))
	for i, r := range rows {
		out[i] = publish.Row{ID: r.ID, Kind: publish.Kind(r.Kind), State: publish.State(r.State)}
		if r.RemoteID != nil {
			out[i].Remote = *r.RemoteID
		}
		if err := json.Unmarshal(r.Content, &out[i].Content); err != nil {
			return nil, fault.Wrap(fault.Internal, writeBookOp, err)
		}
	}
	return out, nil
}

// Remotes implements [publish.Book].
func (b *WriteBook) Remotes(ctx context.Context, connection string, k publish.Kind) (map[int64]bool, error) {
	ids, err := b.q.ListWrittenRemotes(ctx, connection, string(k))
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, failed(writeBookOp, err)
}

// Put implements [publish.Book].
func (b *WriteBook) Put(ctx context.Context, connection string, plan, space int64, r publish.Row) (int64, error) {
	content, err := json.Marshal(r.Content)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, writeBookOp, err)
	}
	var remote *int64
	if r.Remote != 0 {
		remote = &r.Remote
	}
	if r.ID != 0 {
		return r.ID, failed(writeBookOp, b.q.UpdateWrittenBack(ctx, db.UpdateWrittenBackParams{State: string(r.State), RemoteID: remote, Content: content, ID: r.ID}))
	}
	id, err := b.q.InsertWrittenBack(ctx, db.InsertWrittenBackParams{
		PlanID: plan, ConnectionID: connection, SpaceID: space, Kind: string(r.Kind), State: string(r.State), RemoteID: remote, Content: content,
	})
	return id, failed(writeBookOp, err)
}

// Drop implements [publish.Book].
func (b *WriteBook) Drop(ctx context.Context, id int64) error {
	return failed(writeBookOp, b.q.DeleteWrittenBack(ctx, id))
}

// Space implements [publish.Book].
func (b *WriteBook) Space(ctx context.Context, connection string) (publish.Space, error) {
	c, err := b.q.GetConnection(ctx, connection)
	return publish.Space{ID: c.SpaceID, Name: c.SpaceName}, failed(writeBookOp, err)
}

// SetSpace implements [publish.Book].
func (b *WriteBook) SetSpace(ctx context.Context, connection string, s publish.Space) error {
	return failed(writeBookOp, b.q.SetSpace(ctx, db.SetSpaceParams{ID: connection, SpaceID: s.ID, SpaceName: s.Name}))
}

// MealTypes implements [publish.Book].
func (b *WriteBook) MealTypes(ctx context.Context, connection string) (out [3]int64, err error) {
	c, err := b.q.GetConnection(ctx, connection)
	copy(out[:], c.MealTypes)
	return out, failed(writeBookOp, err)
}

// SetMealTypes implements [publish.Book].
func (b *WriteBook) SetMealTypes(ctx context.Context, connection string, t [3]int64) error {
	return failed(writeBookOp, b.q.SetMealTypes(ctx, t[:], connection))
}

// Adopted implements [publish.Book].
func (b *WriteBook) Adopted(ctx context.Context, plan int64) (bool, error) {
	yes, err := b.q.IsAdopted(ctx, plan)
	return yes, failed(writeBookOp, err)
}

// SetAdopted implements [publish.Book].
func (b *WriteBook) SetAdopted(ctx context.Context, plan int64) error {
	return failed(writeBookOp, b.q.SetAdopted(ctx, plan))
}
