package drill

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// visitTimeout is longer than a statement may take, so that visitors see how it ends.
const visitTimeout = 45 * time.Second

// visitor is a browser that is signed in.
type visitor struct {
	http    *http.Client
	base    string
	week    string // of a plan that it reads
	session string // its cookie
}

// reading has n browsers read a user's shopping list, each one page after the other, with a
// pause in between.
func reading(n int, pause time.Duration) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		v, err := i.enter(ctx)
		if err != nil {
			return nil, err
		}
		stop, err := during(func(ctx context.Context, _ *Installation) error {
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					for sleep(ctx, pause) {
						if resp, err := v.ask(ctx, http.MethodGet, "/shopping/"+v.week); err == nil { // failing is what the drill is about
							_ = resp.Body.Close()
						}
					}
				})
			}
			wg.Wait()
			return nil
		})(ctx, i)
		return func(ctx context.Context) error { return errors.Join(stop(ctx), v.leave(ctx)) }, err
	}
}

// enter signs a browser in as a user who has a plan.
func (i *Installation) enter(ctx context.Context) (*visitor, error) {
	const who = " from plans p join users u on u.id = p.user_id where u.enabled order by p.week_of desc, u.id limit 1"
	user, err := one[string](ctx, i, "select p.user_id"+who)
	if err != nil {
		return nil, err
	}
	if user == "" {
		return nil, fault.New(fault.NotFound, "drill", "no enabled user has a plan to look at")
	}
	v := &visitor{http: &http.Client{
		Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: visitTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, base: strings.TrimSuffix(i.Pages, "/")}
	if v.week, err = one[string](ctx, i, "select p.week_of::text"+who); err != nil {
		return nil, err
	}
	token, err := i.SignIn(ctx, user)
	if err != nil {
		return nil, err
	}
	resp, err := v.ask(ctx, http.MethodPost, "/sign-in/"+token)
	if err != nil {
		return nil, fault.Wrap(fault.NetworkError, "drill: pages (PAGES_URL)", err)
	}
	defer func() { _ = resp.Body.Close() }()
	for _, c := range resp.Cookies() {
		if c.Value != "" { // else it is taken away
			v.session = c.Name + "=" + c.Value // also where the cookie is for TLS only
		}
	}
	if resp.StatusCode != http.StatusSeeOther || v.session == "" {
		return nil, fault.New(fault.InvalidConfig, "drill: pages (PAGES_URL)", "%s does not sign in: %s", i.Pages, resp.Status)
	}
	return v, nil
}

// leave ends the session.
func (v *visitor) leave(ctx context.Context) error {
	defer v.http.CloseIdleConnections()
	resp, err := v.ask(ctx, http.MethodPost, "/sign-out")
	if err != nil {
		return fault.Wrap(fault.NetworkError, "drill: sign out", err)
	}
	return resp.Body.Close()
}

// ask reads an answer to its end.
func (v *visitor) ask(ctx context.Context, method, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/html")
	if v.session != "" {
		req.Header.Set("Cookie", v.session)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // a broken answer is one too
	return resp, nil
}
