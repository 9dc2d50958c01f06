package fatsecret

import (
	"context"
	"net/http"
)

// Up asks the service at an address without a signature whether it is there: an error inside an
// answer means that it is. This is none of the application's calls and costs nothing.
func Up(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?format=json", http.NoBody)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // nothing of it is wanted
	return resp.StatusCode < http.StatusInternalServerError
}
