package planner

import (
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// stale explains why the recipes are not current, and who can fix it.
func stale(connection string, cause error) message.Text {
	switch fault.KindOf(cause) {
	case fault.Unauthorized:
		return message.Textf("Tandoor refused the token of connection %q: make a new one in Tandoor under Settings > API, and set it for the connection.", connection)
	case fault.TimeoutError:
		return message.Textf("Tandoor (connection %q) was too slow to say in time what changed.", connection)
	case fault.NetworkError, "": // no cause given
		return message.Textf("Tandoor (connection %q) could not be reached.", connection)
	case fault.Unavailable:
		return message.Textf("Tandoor (connection %q) is starting, overloaded or down.", connection)
	default:
		return message.Textf("Changes in Tandoor (connection %q) were not taken over: %s.", connection, fault.Text(cause))
	}
}
