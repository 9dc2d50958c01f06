package tandoor

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Connections are the stored connections. Connection: kind NotFound.
type Connections interface {
	Connection(ctx context.Context, id string) (recipe.Connection, error)
	Connections(ctx context.Context) ([]recipe.Connection, error)
}

// LibrariesConfig configures [NewLibraries]. All fields are required.
type LibrariesConfig struct {
	Connections Connections
	// Open decrypts a connection's token.
	Open func(recipe.Connection) (seal.Secret, error)
	// HTTP returns the client for the calls to one library.
	HTTP func(conn recipe.Connection) *http.Client
	// Prober is for the probes, which no breaker stands before.
	Prober func(conn recipe.Connection) *http.Client
	// Silent is called when a library does not answer a probe.
	Silent func(ctx context.Context, connection string, err error)
	Now    func() time.Time
}

// Libraries holds one client per connection, and replaces it when its address or token
// has changed. Safe for concurrent use.
type Libraries struct {
	c LibrariesConfig

	mu      sync.Mutex
	clients map[string]library
}

type library struct {
	conn   recipe.Connection
	client *Client
	probe  *Client // unobserved and without a breaker
}

var (
	_ recipesync.Upstream = (*Libraries)(nil)
	_ publish.Libraries   = (*Libraries)(nil)
)

// NewLibraries returns the clients of the stored connections.
func NewLibraries(c LibrariesConfig) *Libraries {
	return &Libraries{c: c, clients: map[string]library{}}
}

// Check asks a library, which need not be stored yet, step by step whether it can be used for
// what is wanted of it. The error of the first step that fails says the cure.
func (l *Libraries) Check(ctx context.Context, conn recipe.Connection) (Status, error) {
	found, err := l.connect(conn)
	if err != nil {
		return Status{}, err
	}
	s, err := found.client.Check(ctx)
	if err == nil && conn.WriteBack && !s.CanWrite {
		err = fault.New(fault.Unauthorized, "connection "+conn.ID,
			"write-back needs a token that may write: make one with scope \"read write\" in Tandoor under Settings > API, or switch write-back off")
	}
	return s, err
}

// Library implements [publish.Libraries].
func (l *Libraries) Library(ctx context.Context, connection string) (publish.Library, error) {
	return l.Client(ctx, connection)
}

// Client returns the client of a connection. Kinds: NotFound, and InvalidConfig when its token
// or its keywords cannot be read.
func (l *Libraries) Client(ctx context.Context, connection string) (*Client, error) {
	conn, err := l.c.Connections.Connection(ctx, connection)
	if err != nil {
		return nil, err
	}
	found, err := l.library(conn)
	return found.client, err
}

func (l *Libraries) library(conn recipe.Connection) (library, error) {
	conn.WriteBack = false // a client is the same for either, and so is what its breaker knows
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.clients[conn.ID]; ok && reflect.DeepEqual(known.conn, conn) {
		return known, nil
	}
	found, err := l.connect(conn)
	if err == nil {
		l.clients[conn.ID] = found
	}
	return found, err
}

func (l *Libraries) connect(conn recipe.Connection) (library, error) {
	token, err := l.c.Open(conn)
	if err != nil {
		return library{}, fault.Wrap(fault.InvalidConfig, "connection "+conn.ID, err)
	}
	keywords := DefaultKeywords()
	maps.Copy(keywords, conn.KeywordMeals)
	out := library{conn: conn}
	if out.client, err = New(Config{BaseURL: conn.URL, Token: token, Keywords: keywords, Supermarket: conn.Supermarket, HTTP: l.c.HTTP(conn), Now: l.c.Now}); err != nil {
		return library{}, err
	}
	out.probe, err = New(Config{BaseURL: conn.URL, HTTP: l.c.Prober(conn), Now: l.c.Now})
	return out, err
}

// Fetch implements [recipesync.Upstream].
func (l *Libraries) Fetch(ctx context.Context, conn recipe.Connection, ask recipesync.Ask) (recipesync.Found, error) {
	known, err := l.library(conn)
	if err != nil {
		return recipesync.Found{}, err
	}
	res, err := known.client.Sync(ctx, Ask{
		Since: ask.Since, Known: ask.Known, Full: ask.Full, Progress: ask.Progress,
		Guard: func(id int64, name string, gone []recipe.ID) error {
			return ask.Guard(publish.Space{ID: id, Name: name}, gone)
		},
	})
	found := recipesync.Found{Changed: res.Changed, Deleted: res.Deleted, Refused: res.Refused}
	for _, p := range res.Problems {
		found.Problems = append(found.Problems, recipesync.Problem{Recipe: p.Recipe, Name: p.Name, Field: string(p.Kind) + " " + p.Field, Problem: p.Detail})
	}
	return found, err
}

// Up asks every library without a token whether it is there; known is false when there is none,
// or when that cannot be said.
func (l *Libraries) Up(ctx context.Context) (up, known bool) {
	conns, err := l.c.Connections.Connections(ctx)
	if err != nil || len(conns) == 0 {
		return false, false
	}
	up = true
	for _, c := range conns {
		found, err := l.library(c)
		if err == nil {
			_, err = found.probe.Probe(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.c.Silent(ctx, c.ID, err)
		}
		up = up && err == nil
	}
	return up, true
}
