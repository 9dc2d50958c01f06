// Package realtandoor lets tests work in a real Tandoor: in spaces that they make there, with
// tokens that they make and end. Spaces stay, since Tandoor deletes none by its API: name a
// server that can be thrown away.
package realtandoor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// The server to use: its address, and a token with scope "read write" of a user who may own
// more spaces (Tandoor's limit is 100 for each user).
const (
	URLVariable   = "MEALPLANNER_TANDOOR_URL"
	TokenVariable = "MEALPLANNER_TANDOOR_TOKEN"
)

// Server is the real server, as the token's user sees it.
type Server struct {
	base  *url.URL
	token string
	http  *http.Client
	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	spaces  map[string]*space
	active  *space
	amended map[string]func(map[string]any) // by path
}

// space is one that was made here, with what was loaded into it, by name.
type space struct {
	id             int
	recipes, foods map[string]int
}

// Open returns the server that the environment names, and fails the test when it names none.
// When the test ends the user has the space active that was active before.
func Open(tb testing.TB) *Server {
	tb.Helper()
	address, token := os.Getenv(URLVariable), os.Getenv(TokenVariable)
	if address == "" || token == "" {
		tb.Fatalf("%s and %s must name a Tandoor that can be thrown away, and a token of it with scope \"read write\"", URLVariable, TokenVariable)
	}
	base, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || base.Host == "" {
		tb.Fatalf("%s: want http(s)://host", URLVariable)
	}
	connections := &http.Transport{}
	s := &Server{base: base, token: token, http: &http.Client{Transport: connections}, spaces: map[string]*space{}, active: &space{}, amended: map[string]func(map[string]any){}}
	s.proxy = &httputil.ReverseProxy{Transport: connections, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }, ModifyResponse: s.amend}
	before, err := s.Do(tb.Context(), http.MethodGet, "/api/space/current/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.activate(context.Background(), id(before)); err != nil {
			tb.Error(err)
		}
		connections.CloseIdleConnections()
	})
	return s
}

// URL is the server's address.
func (s *Server) URL() string { return s.base.String() }

// Token may do everything.
func (s *Server) Token() string { return s.token }

// ServeHTTP passes a request on to the server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.proxy.ServeHTTP(w, r) }

// Do asks the server itself, with the token that may do everything. A body is sent as JSON;
// an answer that is no object comes as its member "list".
func (s *Server) Do(ctx context.Context, method, path string, body any) (map[string]any, error) {
	return ask(ctx, method, path, body, func(req *http.Request) (*http.Response, error) {
		req.URL.Scheme, req.URL.Host, req.URL.Path = s.base.Scheme, s.base.Host, s.base.Path+req.URL.Path
		req.Header.Set("Authorization", "Bearer "+s.token)
		return s.http.Do(req)
	})
}

func ask(ctx context.Context, method, path string, body any, send func(*http.Request) (*http.Response, error)) (map[string]any, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := send(req)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %.300s", method, path, resp.Status, b)
	}
	if len(b) == 0 {
		return map[string]any{}, nil
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if m, ok := out.(map[string]any); ok {
		return m, nil
	}
	return map[string]any{"list": out}, nil
}

func id(row map[string]any) int {
	f, _ := row["id"].(float64)
	return int(f)
}

// NewSpace makes a space, loads the library into it and makes it the active one.
func (s *Server) NewSpace(ctx context.Context, name string, l tandoortest.Library, types []tandoortest.PropertyType) error {
	made, err := s.Do(ctx, http.MethodPost, "/api/space/", map[string]any{"name": name})
	if err != nil {
		return err
	}
	if err := s.activate(ctx, id(made)); err != nil {
		return err
	}
	sp := &space{id(made), map[string]int{}, map[string]int{}}
	if err := s.load(ctx, sp, l, types); err != nil {
		return fmt.Errorf("space %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	given, _ := made["name"].(string) // another one when the name is taken
	s.spaces[name], s.spaces[given] = sp, sp
	s.active, s.amended = sp, map[string]func(map[string]any){}
	return nil
}

// SwitchSpace makes a space that was made here the active one, or a new one with the library.
func (s *Server) SwitchSpace(name string, l tandoortest.Library) error {
	s.mu.Lock()
	known := s.spaces[name]
	if known != nil {
		s.active = known
	}
	s.mu.Unlock()
	if known == nil {
		return s.NewSpace(context.Background(), name, l, nil)
	}
	return s.activate(context.Background(), known.id)
}

func (s *Server) activate(ctx context.Context, number int) error {
	_, err := s.Do(ctx, http.MethodGet, fmt.Sprintf("/api/switch-active-space/%d/", number), nil)
	return err
}

// Empty takes meals, meal types and the shopping list out of the active space, and forgets
// what was amended.
func (s *Server) Empty(ctx context.Context) error {
	s.mu.Lock()
	s.amended = map[string]func(map[string]any){}
	s.mu.Unlock()
	for _, path := range []string{"/api/meal-plan/", "/api/shopping-list-entry/", "/api/meal-type/"} {
		for {
			page, err := s.Do(ctx, http.MethodGet, path+"?page_size=200", nil)
			if err != nil {
				return err
			}
			rows, _ := page["results"].([]any)
			if len(rows) == 0 {
				break
			}
			for _, row := range rows {
				if _, err := s.Do(ctx, http.MethodDelete, fmt.Sprintf("%s%d/", path, id(row.(map[string]any))), nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// NewToken makes a token, and returns its id with it.
func (s *Server) NewToken(ctx context.Context, scope string, expires time.Time) (int, string, error) {
	made, err := s.Do(ctx, http.MethodPost, "/api/access-token/", map[string]any{"scope": scope, "expires": expires})
	if err != nil {
		return 0, "", err
	}
	token, _ := made["token"].(string)
	return id(made), token, nil
}

// Revoke ends a token.
func (s *Server) Revoke(ctx context.Context, token int) error {
	_, err := s.Do(ctx, http.MethodDelete, fmt.Sprintf("/api/access-token/%d/", token), nil)
	return err
}

// RecipeID returns the id of the recipe with the name, or 0.
func (s *Server) RecipeID(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active.recipes[name]
}

// FoodID returns the id of the food with the name, or 0.
func (s *Server) FoodID(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active.foods[name]
}

// Amend changes how a recipe's detail looks to those who ask through ServeHTTP, and touches
// the recipe.
func (s *Server) Amend(recipe int, change func(map[string]any)) error {
	path := fmt.Sprintf("/api/recipe/%d/", recipe)
	detail, err := s.Do(context.Background(), http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if _, err := s.Do(context.Background(), http.MethodPatch, path, map[string]any{"name": detail["name"]}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.amended[path] = change
	return nil
}

func (s *Server) amend(resp *http.Response) error {
	s.mu.Lock()
	change := s.amended[strings.TrimPrefix(resp.Request.URL.Path, s.base.Path)]
	s.mu.Unlock()
	if change == nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	var detail map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&detail); err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	change(detail)
	b, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	resp.Header.Set("Content-Length", strconv.Itoa(len(b)))
	return nil
}
