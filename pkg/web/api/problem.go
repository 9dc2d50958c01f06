package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Problem is an answer that says why not (RFC 9457).
type Problem struct { //nolint:errname // programs read this name in the document
	Type    string      `json:"type" doc:"about:blank: title, status and code say all." example:"about:blank"`
	Title   string      `json:"title" doc:"The status in words." example:"Unprocessable Entity"`
	Status  int         `json:"status" doc:"The HTTP status." example:"422"`
	Code    string      `json:"code" doc:"The kind of problem, for programs." example:"invalid_input"`
	Detail  string      `json:"detail" doc:"What is wrong, and what to do about it." example:"people: 30 is not between 1 and 20"`
	Errors  []Wrong     `json:"errors,omitempty" doc:"The fields that are wrong."`
	headers http.Header // that go with it
}

// Wrong is a field that is wrong.
type Wrong struct {
	Field   string `json:"field" doc:"Where: a path in the body, or the name of a parameter." example:"body.people"`
	Message string `json:"message" doc:"What is wrong with it, and how it should be." example:"30 is not between 1 and 20"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements [huma.HeadersError].
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, headers: http.Header{}}
}

func init() {
	huma.DefaultArrayNullable = false // ours are empty, never null
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := newProblem(status, map[int]string{
			http.StatusBadRequest: "malformed", http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "unsupported_media_type", http.StatusUnprocessableEntity: "invalid_input",
		}[status], detail)
		if p.Code == "" {
			p.Code = strings.ReplaceAll(strings.ToLower(p.Title), " ", "_")
		}
		for _, err := range errs {
			w := Wrong{Field: "body", Message: err.Error()}
			if d, ok := err.(huma.ErrorDetailer); ok {
				w = Wrong{Field: d.ErrorDetail().Location, Message: d.ErrorDetail().Message}
			}
			p.Errors = append(p.Errors, w)
		}
		if len(p.Errors) > 0 {
			p.Detail = p.Errors[0].Field + ": " + p.Errors[0].Message
		}
		return p
	}
}

// write answers with a problem.
func write(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.headers)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away
}

// codes are the kinds of problem by our kinds of error.
var codes = map[fault.Kind]string{
	fault.InvalidInput: "invalid_input", fault.InvalidConstraints: "invalid_constraints", fault.InvalidConfig: "invalid_input", fault.Unauthorized: "unauthorized",
	fault.NotFound: "not_found", fault.Conflict: "conflict", fault.NoRecipesAvailable: "no_recipes", fault.NotEnoughRecipes: "not_enough_recipes", fault.QuotaExceeded: "too_many_requests",
}

// problem is what a program gets of an error: its message if it can act on it, else a general
// text, and the log the rest.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	kind, status := fault.KindOf(err), fault.HTTPStatus(err)
	if status >= http.StatusInternalServerError {
		if !errors.Is(ctx.Err(), context.Canceled) { // else the client went away
			a.log.ErrorContext(ctx, "API failed", append([]any{"component", "web"}, fault.Fields(kind, err)...)...)
		}
		return newProblem(status, "failed", "Something went wrong on our side. Try again later.")
	}
	if status == http.StatusBadRequest {
		status = http.StatusUnprocessableEntity // it was well-formed
	}
	p := newProblem(status, codes[kind], fault.Text(err))
	if status == http.StatusTooManyRequests {
		p.headers.Set("Retry-After", "60")
	}
	if field, message := blamed(err); field != "" && status == http.StatusUnprocessableEntity {
		p.Errors = []Wrong{{field, message}}
		p.Detail = field + ": " + message
	}
	return p
}

var named = regexp.MustCompile(`^([a-z][a-z_]*): (.+)$`)

// blamed is the field that an error blames, by its text or by the flag that it names.
func blamed(err error) (field, message string) {
	text := fault.Text(err)
	if m := named.FindStringSubmatch(text); m != nil {
		return m[1], m[2]
	}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		if flag, ok := strings.CutPrefix(e.Op, "--"); ok {
			return strings.ReplaceAll(flag, "-", "_"), text
		}
	}
	return "", ""
}
