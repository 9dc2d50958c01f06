package dashboards

import (
	"encoding/json"
	"io"
)

// answered is a line of a file of answers, which test/grafana shows to Grafana's own code.
type answered struct {
	Dashboard string          `json:"dashboard"`
	Panel     string          `json:"panel"`
	RefID     string          `json:"refId"`
	Query     string          `json:"query"`            // as the dashboard has it: an answer to another one is stale
	LeftOut   bool            `json:"leftOut,omitzero"` // nobody was asked
	Data      json.RawMessage `json:"data,omitempty"`
}

// WriteAnswers writes what the servers said, one target a line. A target that failed is an
// error.
func WriteAnswers(out io.Writer, results []Result) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		if err := e.Encode(answered{Dashboard: r.Dashboard, Panel: r.Panel, RefID: r.RefID, Query: r.Query, LeftOut: r.LeftOut, Data: r.Answer}); err != nil {
			return err
		}
	}
	return nil
}
