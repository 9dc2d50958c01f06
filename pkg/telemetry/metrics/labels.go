package metrics

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// The label keys.
const (
	KeyUser      = attribute.Key("user_id")
	KeyWeek      = attribute.Key("week_of")
	KeyErrorType = attribute.Key("error_type")
	KeyConflict  = attribute.Key("conflict_type")
	KeyComponent = attribute.Key("component")
	KeyAPI       = attribute.Key("api")
	KeyEndpoint  = attribute.Key("endpoint")
	KeyStatus    = attribute.Key("status_code")
	KeyPool      = attribute.Key("pool")
	KeyQuery     = attribute.Key("query")
	KeyEmailType = attribute.Key("email_type")
	KeySource    = attribute.Key("source")
	KeyService   = attribute.Key("service")
	KeyJobType   = attribute.Key("job_type")
	KeyPriority  = attribute.Key("priority")
	KeyCommand   = attribute.Key("command_type")
	KeyOutcome   = attribute.Key("outcome")
	KeyAlert     = attribute.Key("alert")
	KeyAction    = attribute.Key("action")
	KeyResult    = attribute.Key("result")
	KeyTier      = attribute.Key("tier")
	KeyPerson    = attribute.Key("person")
)

// The labels: a type names the key, its values are the label's.
type (
	// User is a value of user_id.
	User string
	// Week is a value of week_of.
	Week string
	// ErrorType is a value of error_type.
	ErrorType string
	// ConflictType is a value of conflict_type.
	ConflictType string
	// Component is a value of component.
	Component string
	// API is a value of api.
	API string
	// Endpoint is a value of endpoint.
	Endpoint string
	// StatusCode is a value of status_code.
	StatusCode string
	// Pool is a value of pool.
	Pool string
	// Query is a value of query.
	Query string
	// EmailType is a value of email_type.
	EmailType string
	// Source is a value of source.
	Source string
	// Service is a value of service.
	Service string
	// JobType is a value of job_type.
	JobType string
	// Priority is a value of priority.
	Priority string
	// CommandType is a value of command_type.
	CommandType string
	// Outcome is a value of outcome.
	Outcome string
	// AlertName is a value of alert.
	AlertName string
	// Action is a value of action.
	Action string
	// Result is a value of result.
	Result string
	// Tier is a value of tier.
	Tier string
	// Person is a value of person.
	Person string
)

func (User) key() attribute.Key         { return KeyUser }
func (Week) key() attribute.Key         { return KeyWeek }
func (ErrorType) key() attribute.Key    { return KeyErrorType }
func (ConflictType) key() attribute.Key { return KeyConflict }
func (Component) key() attribute.Key    { return KeyComponent }
func (API) key() attribute.Key          { return KeyAPI }
func (Endpoint) key() attribute.Key     { return KeyEndpoint }
func (StatusCode) key() attribute.Key   { return KeyStatus }
func (Pool) key() attribute.Key         { return KeyPool }
func (Query) key() attribute.Key        { return KeyQuery }
func (EmailType) key() attribute.Key    { return KeyEmailType }
func (Source) key() attribute.Key       { return KeySource }
func (Service) key() attribute.Key      { return KeyService }
func (JobType) key() attribute.Key      { return KeyJobType }
func (Priority) key() attribute.Key     { return KeyPriority }
func (CommandType) key() attribute.Key  { return KeyCommand }
func (Outcome) key() attribute.Key      { return KeyOutcome }
func (AlertName) key() attribute.Key    { return KeyAlert }
func (Action) key() attribute.Key       { return KeyAction }
func (Result) key() attribute.Key       { return KeyResult }
func (Tier) key() attribute.Key         { return KeyTier }
func (Person) key() attribute.Key       { return KeyPerson }

// Closed label values.
var (
	// Components are the timed parts of a generation, in the order of docs/thresholds.md.
	Components = []string{
		"recipe_fetch", "profile_fetch", "generation_algorithm",
		"macro_validation", "grocery_consolidation", "email_render",
	}
	// ConflictTypes are why the best selection is not the unconstrained one.
	ConflictTypes = []string{"DuplicateRecipe", "MacroImbalance", "ConstraintViolation"}
	// APIs are the upstreams.
	APIs = []string{"tandoor", "fatsecret"}
	// EmailTypes are the mails that are measured.
	EmailTypes = []string{"weekly_plan", "daily_advisor", "weekly_trends", "confirmation", "sign_in", "account_deletion"}
	// Pools are the two database pools.
	Pools = []string{"api", "scheduler"}
	// JobTypes are the scheduler's jobs.
	JobTypes = texts(schedule.Types)
	// Priorities are those of jobs.
	Priorities = []string{schedule.Low.String(), schedule.Medium.String(), schedule.High.String(), schedule.Critical.String()}
	// CommandTypes are the commands of mails, and those that only buttons (TARGETS) or pages
	// (WISHES) carry.
	CommandTypes = append([]string{"TARGETS", "WISHES"}, texts(command.Verbs)...)
	// Outcomes are what becomes of a mail to the inbox or a click.
	Outcomes = texts(command.Outcomes)
	// Actions are the automatic responses to alerts, Results how they end.
	Actions = []string{"retry_jobs", "probe_upstreams", "refresh_recipes", "reset_connections"}
	Results = []string{"done", "nothing_to_do", "failed"}
	// BandwidthSources are what moves bytes that cost.
	BandwidthSources = []string{"api", "email"}
)

// closed are the values of the labels whose values are known beforehand.
func closed(k attribute.Key) []string {
	switch k {
	case KeyConflict:
		return ConflictTypes
	case KeyComponent:
		return Components
	case KeyAPI:
		return APIs
	case KeyEmailType:
		return EmailTypes
	case KeyPool:
		return Pools
	case KeySource:
		return BandwidthSources
	case KeyJobType:
		return JobTypes
	case KeyPriority:
		return Priorities
	case KeyCommand:
		return CommandTypes
	case KeyOutcome:
		return Outcomes
	case KeyAction:
		return Actions
	case KeyResult:
		return Results
	case KeyErrorType:
		return texts(fault.Kinds)
	default:
		return nil
	}
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
