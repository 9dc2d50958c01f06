package sandbox

import (
	"bytes"
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
		var b bytes.Buffer
		if err := faultsTemplate().Execute(&b, map[string]any{"Rows": rows, "URL": "http://" + r.Host + "/faults"}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_, _ = b.WriteTo(w) // the reader went away
	}
}
