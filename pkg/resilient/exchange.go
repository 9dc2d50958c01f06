package resilient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// JSON makes a request whose body is the JSON of a value; with nil it has none.
func JSON(ctx context.Context, method, url string, body any) (*http.Request, error) {
	if body == nil {
		return http.NewRequestWithContext(ctx, method, url, http.NoBody)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// Exchange sends a request, reads the whole answer and closes it. An answer of more than limit
// bytes is [ErrBodyTooLarge]. The response is nil when none came; with an error it is what had
// come, as is the body.
func Exchange(client *http.Client, req *http.Request, limit int64) (resp *http.Response, body []byte, err error) {
	resp, err = client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	limited := LimitBody(resp.Body, limit)
	defer func() { err = errors.Join(err, limited.Close()) }()
	body, err = io.ReadAll(limited)
	return resp, body, err
}
