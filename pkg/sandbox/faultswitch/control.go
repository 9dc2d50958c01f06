package faultswitch

import (
	"encoding/json"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

const maxControlBody = 64 << 10

// Control serves the switch over HTTP, at any path:
//
//	GET     lists the rules in force with how often they fired
//	POST    sets a rule ([Rule] as JSON, unknown fields refused) and answers {"id": "..."}
//	DELETE  ?id=... removes one rule, without id all
//
// Errors are {"error": "..."} with the status of their kind. There is no authentication:
// serve it on loopback.
func (s *Switch) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			respond(w, http.StatusOK, s.Rules())
		case http.MethodPost:
			id, err := s.setFrom(w, r)
			if err != nil {
				fail(w, err)
				return
			}
			respond(w, http.StatusCreated, map[string]string{"id": id})
		case http.MethodDelete:
			if id := r.URL.Query().Get("id"); id == "" {
				s.Reset()
			} else if err := s.Clear(id); err != nil {
				fail(w, err)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, POST, DELETE")
			respond(w, http.StatusMethodNotAllowed, map[string]string{"error": "use GET, POST or DELETE"})
		}
	})
}

func (s *Switch) setFrom(w http.ResponseWriter, r *http.Request) (string, error) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	d.DisallowUnknownFields()
	var rule Rule
	if err := d.Decode(&rule); err != nil {
		return "", fault.Wrap(fault.InvalidInput, "fault rule", err)
	}
	return s.Set(rule)
}

func fail(w http.ResponseWriter, err error) {
	respond(w, fault.HTTPStatus(err), map[string]string{"error": err.Error()})
}

func respond(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
}
