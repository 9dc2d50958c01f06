package planner

import (
	"errors"
	"fmt"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// stale explains why the recipes are not current, and who can fix it.
func stale(connection string, cause error) string {
	switch fault.KindOf(cause) {
	case fault.Unauthorized:
		return fmt.Sprintf("Tandoor refused the token of connection %q: make a new one in Tandoor under Settings > API, and set it for the connection.", connection)
	case fault.TimeoutError:
		return fmt.Sprintf("Tandoor (connection %q) was too slow to say in time what changed.", connection)
	case fault.NetworkError, "": // no cause given
		return fmt.Sprintf("Tandoor (connection %q) could not be reached.", connection)
	case fault.Unavailable:
		return fmt.Sprintf("Tandoor (connection %q) is starting, overloaded or down.", connection)
	default:
		why := cause.Error()
		if e, ok := errors.AsType[*fault.Error](cause); ok && e.Message != "" {
			why = e.Message
		}
		return fmt.Sprintf("Changes in Tandoor (connection %q) were not taken over: %s.", connection, why)
	}
}
