package tandoor

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

const (
	maxPicture     = 10 << 20 // bytes of a picture
	maxPicturePath = 500      // characters of its path
)

// picturePath is the path of a picture. Its host is not looked at: behind a proxy Tandoor may not
// know its own, and nothing is fetched from another than the library's.
func picturePath(image *string) string {
	if image == nil {
		return ""
	}
	u, err := url.Parse(*image)
	if err != nil || !strings.HasPrefix(u.Path, "/") || len(u.EscapedPath()) > maxPicturePath {
		return ""
	}
	return u.EscapedPath()
}

// Picture fetches a recipe's picture by the path that it is stored with. It goes without the
// token: Tandoor serves pictures to everybody. Kinds of error: NotFound, and those of
// any call.
func (c *Client) Picture(ctx context.Context, path string) ([]byte, error) {
	const op = "tandoor: picture"
	at, err := url.Parse(path)
	if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(path, "/") {
		return nil, fault.New(fault.InvalidInput, op, "%q is no path", path)
	}
	u := *c.base
	u.Path, u.RawPath, u.RawQuery = at.Path, at.RawPath, ""
	req, err := http.NewRequestWithContext(resilient.WithEndpoint(ctx, "picture"), http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	req.Header.Set("Accept", "image/*")
	resp, body, err := resilient.Exchange(c.cfg.HTTP, req, maxPicture) //nolint:bodyclose // it closes it
	if err != nil {
		return nil, c.transportError(op, err)
	}
	if resp.StatusCode == http.StatusNotFound {
		return nil, fault.New(fault.NotFound, op, "there is none at %s", path)
	}
	return body, c.statusError(op, resp, body)
}
