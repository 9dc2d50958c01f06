package site

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// refusal says why a form was refused: above it, and beside the field that the reason is about. The
// browser goes to that field by itself.
type refusal struct {
	Problem string
	Field   string // its id; "": the reason is about no field of the page
	why     string
}

// Bad are the attributes of the field that was refused.
func (f refusal) Bad(field string) template.HTMLAttr {
	if f.Field == "" || f.Field != field {
		return ""
	}
	return ` aria-invalid="true" aria-describedby="wrong" autofocus`
}

// Why is what is wrong with a field; "": nothing.
func (f refusal) Why(field string) string {
	if f.Field == "" || f.Field != field {
		return ""
	}
	return f.why
}

// refusalOf says what is wrong with what was posted.
func refusalOf(r *http.Request, err error) refusal {
	said := fault.In(err, spoken(r))
	if before, rest, ok := strings.Cut(said, ": "); ok && !strings.Contains(before, " ") {
		said = rest
	}
	return refusal{unchanged(r, err).In(spoken(r)), fieldOf(err), message.Capital(said)}
}

// ids are the fields of the forms that errors call otherwise.
var ids = map[string]string{
	"time_zone": "zone", "tolerance_pct": "tolerance", "rotation_days": "rotation", "quick_minutes": "quick", "staples": "staple", "servings": "smallest",
	"weight_kg": "weight", "height_cm": "height", "body": "weight", "adults and children": "adults", "target": "targets",
}

// formFields are those of the forms; an error about another one has no place beside one.
var formFields = []string{
	"protein", "fat", "carbs", "tolerance", "targets", "weight", "height", "age", "sex", "activity", "goal", "dislikes", "avoid_tags", "meals", "plan_day",
	"plan_hour", "people", "smallest", "largest", "rotation", "quick", "eaters", "staple", "name", "zone", "language", "adults", "children", "share", "url", "token", "days", "scopes", "email",
}

// fieldOf is the field of a form that an error is about: errors begin with its name, or are of the
// flag that sets it.
func fieldOf(err error) string {
	name, _, _ := strings.Cut(fault.Text(err), ":")
	for e, ok := errors.AsType[*fault.Error](err); ok; e, ok = errors.AsType[*fault.Error](e.Cause) {
		if flag, is := strings.CutPrefix(e.Op, "--"); is {
			name = strings.ReplaceAll(flag, "-", "_")
		}
	}
	name = cmp.Or(ids[name], name)
	if !slices.Contains(formFields, name) {
		return ""
	}
	return name
}
