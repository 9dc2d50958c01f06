package alerting

import (
	"context"
	"fmt"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Jobs puts jobs back into the queue; both return their ids.
type Jobs interface {
	// RetryTransient takes those of a type, "" = all, that failed for a transient reason.
	RetryTransient(ctx context.Context, jobType string) ([]string, error)
	// RefreshLibraries takes the synchronisations of the recipe libraries.
	RefreshLibraries(ctx context.Context) ([]string, error)
}

// Upstreams are what the service depends on.
type Upstreams interface {
	// Probe asks one of them, or all with "", and returns which answered and which did not.
	Probe(ctx context.Context, api string) (answered, silent []string)
}

// Responses is the [Actor] that does what the service can do by itself.
type Responses struct {
	jobs      Jobs
	upstreams Upstreams
	reset     func() []string
}

// NewResponses returns the actor. reset gives up the idle database connections and returns the
// names of their pools.
func NewResponses(j Jobs, u Upstreams, reset func() []string) Responses {
	return Responses{j, u, reset}
}

var _ Actor = Responses{}

// Act implements [Actor]. Kinds of error: Unavailable, when an upstream does not answer its
// probe, those of [Jobs], Internal for an unknown action.
func (r Responses) Act(ctx context.Context, action Action, alert Alert) (int, string, error) {
	switch action {
	case RetryJobs:
		ids, err := r.jobs.RetryTransient(ctx, alert.Labels["job_type"])
		return len(ids), listed("will run again", ids), err
	case RefreshRecipes:
		ids, err := r.jobs.RefreshLibraries(ctx)
		return len(ids), listed("will run now", ids), err
	case ProbeUpstreams:
		answered, silent := r.upstreams.Probe(ctx, alert.Labels["api"])
		if len(silent) > 0 {
			return 0, "", fault.New(fault.Unavailable, "probe", "no answer from %s", strings.Join(silent, ", "))
		}
		return len(answered), listed("answers", answered), nil
	case ResetConnections:
		names := r.reset()
		return len(names), listed("pools with new connections", names), nil
	default:
		return 0, "", fault.New(fault.Internal, "alert response", "%q is no action", action)
	}
}

// maxListed is how many ids the record of a response names.
const maxListed = 20

func listed(what string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	more := ""
	if n := len(ids) - maxListed; n > 0 {
		ids, more = ids[:maxListed], fmt.Sprintf(" and %d more", n)
	}
	return what + ": " + strings.Join(ids, ", ") + more
}
