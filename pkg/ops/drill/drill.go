// Package drill breaks a running installation on purpose, one fault at a time, so that an
// alert can be seen to fire, to reach its receivers, to be diagnosed and to resolve. It
// is for the demonstration and for staging, whose outside world is the sandbox: drills
// change users, jobs and plans, and put them back.
package drill

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// Faults is the sandbox's switchboard.
type Faults interface {
	Set(ctx context.Context, r faultswitch.Rule) (id string, err error)
	Clear(ctx context.Context, id string) error
}

// Processes stops and starts what the installation consists of, by the names of compose.yaml:
// "api", "scheduler", "otel-collector", "jaeger" and "alertmanager". An error of kind
// InvalidInput says that nothing was tried; after any other, it may have been done.
type Processes interface {
	// Freeze suspends a process; Thaw resumes it.
	Freeze(ctx context.Context, name string) error
	Thaw(ctx context.Context, name string) error
	// Stop ends a process; Start brings it back.
	Stop(ctx context.Context, name string) error
	Start(ctx context.Context, name string) error
}

// Installation is what is broken.
type Installation struct {
	DB        *pgxpool.Pool // as a client of its own: application_name mealplanner-drill
	Faults    Faults
	Processes Processes // nil: drills that need it cannot run
	// Import fetches every recipe of the libraries with circuit breakers of its own. The
	// drill expects it to fail, but for the kinds InvalidConfiguration (it cannot be run) and
	// NotFound (there is no library).
	Import func(ctx context.Context) error
	// WeekInForce returns the Monday of the week whose run was due, as a date.
	WeekInForce func(ctx context.Context) (string, error)
	// Pages is where the api's pages are asked for, and SignIn makes a token of a link that
	// signs a browser in there, once.
	Pages  string
	SignIn func(ctx context.Context, userID string) (token string, err error)
	// Disk is where an empty disk of at most 1 GiB is mounted, which the Collector sees and a
	// drill may fill; "" if there is none.
	Disk string
	// OTLP is the Collector's gRPC endpoint.
	OTLP string
	// Hastened says that the rules' durations are divided as in test/suite/drill/scale.yml.
	Hastened bool
	// Waiting hears what an injection waits for. It may be nil.
	Waiting func(what string)
	// Failed hears of a fault that ended by itself, which the alert then may not follow.
	// It may be nil: Heal returns the same error.
	Failed func(error)
}

// HeartbeatMissed reports whether the api pages because it misses Alertmanager's heartbeat.
func (i *Installation) HeartbeatMissed(ctx context.Context) (missed bool, err error) {
	err = i.DB.QueryRow(ctx, "select coalesce(bool_or(silent), false) from alert_heartbeat").Scan(&missed)
	return missed, fault.Wrap(fault.DatabaseError, "drill", err)
}

// Heal ends a fault and puts back what it changed. It may be called once.
type Heal func(ctx context.Context) error

// Reach is an alert's receiver.
type Reach string

// The reaches.
const (
	Pager  Reach = "pager"  // PagerDuty's on-call service, and Slack
	Slack  Reach = "slack"  // Slack only
	Record Reach = "record" // the api's log only
	Beat   Reach = "beat"   // PagerDuty, from the heartbeat's watch
	Detour Reach = "detour" // Slack, while PagerDuty refuses
)

// Drill is one exercise.
type Drill struct {
	Alert alert.Alert
	// Labels tell the alert from others of its name.
	Labels map[string]string
	Reach  Reach
	// Also are alerts that the same fault makes fire.
	Also []alert.Alert
	// Fault says what is broken, in words.
	Fault string
	// Cause is what a diagnosis must name, in lower case: each of these strings, in one of
	// the causes it gives.
	Cause []string
	// Causes are those of the drills with two faults; Cause is empty then.
	Causes [][]string
	// Processes says that processes are stopped, which needs [Installation.Processes].
	Processes bool

	name   string // where it is not the alert's runbook
	inject func(context.Context, *Installation) (Heal, error)
}

// Inject breaks the installation. On an error, also when ctx ends, what was broken is healed.
func (d Drill) Inject(ctx context.Context, i *Installation) (Heal, error) {
	if d.Processes && i.Processes == nil {
		return nil, fault.New(fault.InvalidInput, "drill "+d.Name(), "stops processes: say how with --stop and --start")
	}
	heal, err := d.inject(ctx, i)
	if err != nil && heal != nil {
		err = errors.Join(err, heal(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return nil, err
	}
	return heal, nil
}

// Name is the drill's: usually that of the alert's runbook.
func (d Drill) Name() string { return cmp.Or(d.name, d.Alert.Runbook()) }

// Lookup returns the drill with the name.
func Lookup(name string) (Drill, error) {
	for _, d := range Drills {
		if d.Name() == name {
			return d, nil
		}
	}
	names := make([]string, len(Drills))
	for i, d := range Drills {
		names[i] = d.Name()
	}
	return Drill{}, fault.New(fault.NotFound, "drill", "%q is not one of %s", name, strings.Join(names, ", "))
}
