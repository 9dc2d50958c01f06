package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A log query is a selector over index labels with filters behind it, maybe counted.
var (
	logQuery    = regexp.MustCompile(`^(?:sum(?: by \(([a-z_, ]+)\))? \()?(?:count_over_time\()?\{([^}]*)\}((?: (?:\|=|!=|\|~|!~) "(?:[^"\\]|\\.)*"| \| [a-z_]+(?:=|!=|=~|!~)"(?:[^"\\]|\\.)*")*)(?: \[\w+\]\))?\)?$`)
	logMatcher  = regexp.MustCompile(`^([a-z_]+)(=|!=|=~|!~)"([^"]*)"$`)
	indexLabels = []string{"service_name", environmentLabel, "level"}
)

// checkLogQL refuses what is not of the simple form above; Loki itself parses it in the
// end-to-end test.
func checkLogQL(query string) error {
	m := logQuery.FindStringSubmatch(query)
	if m == nil {
		return fmt.Errorf("not a log query that the check understands: %s", query)
	}
	for l := range strings.SplitSeq(m[2], ", ") {
		mm := logMatcher.FindStringSubmatch(l)
		if mm == nil || !slices.Contains(indexLabels, mm[1]) {
			return fmt.Errorf("%s does not select by an index label (%s)", l, strings.Join(indexLabels, ", "))
		}
	}
	for l := range strings.SplitSeq(m[1], ", ") {
		if l != "" && !slices.Contains(indexLabels, l) {
			return fmt.Errorf("by (%s): not an index label", l)
		}
	}
	return nil
}
