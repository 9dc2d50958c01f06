package sandbox

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"sync"
)

var faultsTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pages, "faults.html")) })

// faultsPage shows a browser the faults in force; programs get the switchboard.
func (s *Sandbox) faultsPage(control http.Handler) http.HandlerFunc {
	type row struct {
		ID, Rule string
		Fired    int
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			control.ServeHTTP(w, r)
			return
		}
		var rows []row
		for _, st := range s.Faults.Rules() {
			id := st.ID
			st.ID = "" // it stands beside
			rule, err := json.Marshal(st.Rule)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			rows = append(rows, row{id, string(rule), st.Fired})
		}
		page(w, faultsTemplate(), map[string]any{"Rows": rows, "URL": "http://" + r.Host + "/faults"})
	}
}
