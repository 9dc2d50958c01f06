package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// FatSecret keeps what FatSecret's terms allow: its content for under 24 hours, the
// application's calls of a day, and connections on their way.
type FatSecret struct {
	q      *db.Queries
	budget int
}

var _ account.Cache = (*FatSecret)(nil)

// NewFatSecret returns the store; budget is the application's calls a day.
func NewFatSecret(pool Conns, budget int) *FatSecret {
	return &FatSecret{db.New(pool), budget}
}

const weightKind = "weight"

type keptWeight struct {
	KG float64 `json:"kg"`
}

// PutWeight implements [account.Cache].
func (s *FatSecret) PutWeight(ctx context.Context, userID string, kg float64) error {
	data, err := json.Marshal(keptWeight{kg})
	if err != nil {
		return fault.Wrap(fault.Internal, "keep weight", err)
	}
	return failed("keep weight", s.q.PutFatSecret(ctx, db.PutFatSecretParams{UserID: userID, Kind: weightKind, Data: data}))
}

// Weight implements [account.Cache].
func (s *FatSecret) Weight(ctx context.Context, userID string) (float64, bool, error) {
	data, err := s.q.GetFatSecret(ctx, userID, weightKind)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, failed("load weight", err)
	}
	var w keptWeight
	if err := json.Unmarshal(data, &w); err != nil {
		return 0, false, fault.Wrap(fault.Internal, "load weight", err)
	}
	return w.KG, true, nil
}

const (
	diaryKind  = "diary/" // and the date
	trendsKind = "trends"
)

// PutDay keeps a day of the diary.
func (s *FatSecret) PutDay(ctx context.Context, userID string, day insight.Eaten) error {
	data, err := json.Marshal(day)
	if err != nil {
		return fault.Wrap(fault.Internal, "keep diary", err)
	}
	return failed("keep diary", s.q.PutFatSecret(ctx, db.PutFatSecretParams{UserID: userID, Kind: diaryKind + day.Date.String(), Data: data}))
}

// Days returns the kept days of the diary that are young enough.
func (s *FatSecret) Days(ctx context.Context, userID string) ([]insight.Eaten, error) {
	rows, err := s.q.ListFatSecret(ctx, userID, diaryKind+"%")
	if err != nil {
		return nil, failed("load diary", err)
	}
	out := make([]insight.Eaten, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Data, &out[i]); err != nil {
			return nil, fault.Wrap(fault.Internal, "load diary", err)
		}
	}
	return out, nil
}

// PutProposal keeps what the trends propose, until the plan of the next morning was made.
func (s *FatSecret) PutProposal(ctx context.Context, userID, command string) error {
	data, err := json.Marshal(command)
	if err != nil {
		return fault.Wrap(fault.Internal, "keep proposal", err)
	}
	return failed("keep proposal", s.q.PutFatSecret(ctx, db.PutFatSecretParams{UserID: userID, Kind: trendsKind, Data: data}))
}

// Take takes n calls from today's budget, or none and an error of kind QuotaExceeded.
func (s *FatSecret) Take(ctx context.Context, n int) error {
	_, err := s.q.TakeBudget(ctx, db.TakeBudgetParams{Api: "fatsecret", Calls: int32(n), Budget: int32(s.budget)}) //nolint:gosec // both bounded by settings
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.QuotaExceeded, "fatsecret: call budget", "today's %d calls are used: raise FATSECRET_DAILY_BUDGET or wait until midnight UTC", s.budget)
	}
	return failed("fatsecret: call budget", err)
}

// Usage returns the share of today's budget that is used, 0 to 1.
func (s *FatSecret) Usage(ctx context.Context) (float64, error) {
	n, err := s.q.CallsToday(ctx, "fatsecret")
	return float64(n) / float64(s.budget), failed("fatsecret: call budget", err)
}

// PutPending keeps a request token's secret, encrypted, for 15 minutes.
func (s *FatSecret) PutPending(ctx context.Context, token, userID string, sealed []byte) error {
	return failed("connect FatSecret", s.q.PutFatSecretPending(ctx, db.PutFatSecretPendingParams{RequestToken: token, UserID: userID, SecretSealed: sealed}))
}

// TakePending returns and forgets what PutPending kept; kind NotFound when it is too old
// or was used.
func (s *FatSecret) TakePending(ctx context.Context, token string) (userID string, sealed []byte, err error) {
	row, err := s.q.TakeFatSecretPending(ctx, token)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, fault.New(fault.NotFound, "connect FatSecret", "this connection attempt is over: begin again")
	}
	return row.UserID, row.SecretSealed, failed("connect FatSecret", err)
}
