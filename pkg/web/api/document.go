package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// scheme names how programs sign in.
const scheme = "token"

// document is what the operations are added to.
func (a *API) document() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "mealplanner", Version: "1",
			Description: "Plan, change, cook and shop your week. Everything that the pages do, for programs of yours.\n\n" +
				"Send a token with each request: `Authorization: Bearer mp_...`; the account page makes one, with the scopes you choose.\n\n" +
				"A change of a week takes `If-Match` with the version that you saw, so that nobody's change is lost: 428 without it, 412 when it is stale. " +
				"Every change takes `Idempotency-Key`: repeat a request whose answer you did not get with the same key, and it is done once. " +
				"What cannot be done is said as a problem (RFC 9457) that names the field and the cure.",
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			Contact: &huma.Contact{Name: "mealplanner", URL: "https://github.com/mealplanner/mealplanner"},
		},
		Servers: []*huma.Server{{URL: strings.TrimRight(a.base.String(), "/") + root, Description: "This installation."}},
		Components: &huma.Components{
			Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{scheme: {Type: "http", Scheme: "bearer", BearerFormat: "mp_...", Description: "A token of the account page. Each operation names the scopes that it needs."}},
		},
		Tags: []*huma.Tag{
			{Name: "Account", Description: "Who the token acts for, what is stored, and what may act."},
			{Name: "Weeks", Description: "Planned weeks, and changes of them."},
			{Name: "Meals", Description: "A meal with its recipe, what else it could be, and what can be done to it."},
			{Name: "Shopping", Description: "The shopping list of a week, as people work it off."},
			{Name: "Library", Description: "What can be planned from the recipes, and answers about unknown foods."},
			{Name: "Settings", Description: "Targets, allergies, diets, dislikes, meals, mails and rules."},
			{Name: "Webhooks", Description: "Messages to programs of yours when a week was planned or changed, or a job failed. Each is signed after the Standard Webhooks: webhook-signature is v1 and the HMAC-SHA256, by the secret's bytes, of webhook-id, webhook-timestamp and the body, with dots between. What is not answered by 2xx is tried again, 8 times within 35 hours."},
		},
	}
}

// finish completes the document when all operations are there: what the guard does, and which
// headers problems have.
func (a *API) finish() {
	doc := a.huma.OpenAPI()
	for _, path := range doc.Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: path.Get, http.MethodPost: path.Post, http.MethodPut: path.Put, http.MethodPatch: path.Patch, http.MethodDelete: path.Delete} {
			if op == nil {
				continue
			}
			delete(op.Responses, "default")
			if method == http.MethodGet {
				op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Description: "The ETag that you have: 304 if nothing has changed.", Schema: &huma.Schema{Type: huma.TypeString}})
				op.Responses["304"] = &huma.Response{Description: "Nothing has changed.", Headers: map[string]*huma.Header{"ETag": tagHeader()}}
				if ok := op.Responses["200"]; ok.Headers["ETag"] == nil {
					if ok.Headers == nil {
						ok.Headers = map[string]*huma.Header{}
					}
					ok.Headers["ETag"] = tagHeader()
				}
			}
			for status, h := range map[string]string{"401": "WWW-Authenticate", "403": "WWW-Authenticate", "429": "Retry-After"} {
				if r := op.Responses[status]; r != nil {
					r.Headers = map[string]*huma.Header{h: {Description: map[string]string{"WWW-Authenticate": "What is missing.", "Retry-After": "In how many seconds to try again."}[h], Schema: &huma.Schema{Type: huma.TypeString}}}
				}
			}
		}
	}
}

func tagHeader() *huma.Header {
	return &huma.Header{Description: "Changes with the answer; If-None-Match takes it.", Schema: &huma.Schema{Type: huma.TypeString}}
}
