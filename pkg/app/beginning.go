package app

import (
	"context"
	"slices"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/web"
	"github.com/mealplanner/mealplanner/pkg/web/site"
)

// Invite invites somebody, by mail if that is asked for, and returns their link. A link beside
// an error works: it could not be mailed.
func (s *Services) Invite(ctx context.Context, u user.User, byMail bool) (link string, err error) {
	token, err := s.Invitations.Invite(ctx, u)
	if err != nil {
		return "", err
	}
	link = s.Links.Invitation(token)
	if !byMail {
		return link, nil
	}
	m, err := s.renderer.Invitation(u, token, invite.Valid)
	if err != nil {
		return link, err
	}
	_, err = s.Mail.Send(ctx, m, s.opts.Now())
	return link, err
}

// beginning implements [site.Beginning].
type beginning struct {
	s    *Services
	done sync.Map // how far an import of this process is, by connection
}

// fetched is how many of a library's recipes are.
type fetched struct{ done, total int }

// follow notes how far an import is, until it ends.
func (b *beginning) follow(connection string) (progress recipesync.Progress, end func()) {
	return func(done, total int) { b.done.Store(connection, fetched{done, total}) }, func() { b.done.Delete(connection) }
}

// Library implements [site.Beginning].
func (b *beginning) Library(ctx context.Context, connection string) (url string, writeBack bool, err error) {
	c, err := b.s.Users.Connection(ctx, connection)
	return c.URL, c.WriteBack, err
}

// Import implements [site.Beginning].
func (b *beginning) Import(ctx context.Context, connection string) error {
	progress, end := b.follow(connection)
	defer end()
	return b.s.Sync.Ensure(ctx, connection, progress)
}

// Reread implements [site.Beginning].
func (b *beginning) Reread(ctx context.Context, connection string) error {
	progress, end := b.follow(connection)
	defer end()
	_, err := b.s.Sync.Refresh(ctx, connection, true, progress)
	return err
}

// PlanFirst implements [site.Beginning]. A scheduler does it, too, after its grace.
func (b *beginning) PlanFirst(ctx context.Context, userID string) error {
	u, err := b.s.Users.Get(ctx, userID)
	if err != nil {
		return err
	}
	_, week, err := b.s.NextRun(u)
	if err != nil {
		return err
	}
	progress, end := b.follow(u.Connection)
	defer end()
	_, err = b.s.generate(ctx, u, planner.Request{User: u.ID, Week: week}, progress)
	return err
}

// Progress implements [site.Beginning].
func (b *beginning) Progress(ctx context.Context, userID string) (site.Progress, error) {
	u, err := b.s.Users.Get(ctx, userID)
	if err != nil {
		return site.Progress{}, err
	}
	zone, err := u.Location()
	if err != nil {
		return site.Progress{}, fault.Wrap(fault.InvalidInput, "user", err)
	}
	monday := calendar.On(b.s.opts.Now().In(zone)).Monday()
	planned, err := b.s.Plans.Between(ctx, userID, monday, monday+7)
	if err != nil {
		return site.Progress{}, err
	}
	if len(planned) > 0 {
		return site.Progress{Week: planned[len(planned)-1].Week.WeekOf}, nil
	}
	libraries, err := b.s.Users.ConnectionUses(ctx)
	if err != nil {
		return site.Progress{}, err
	}
	i := slices.IndexFunc(libraries, func(c postgres.ConnectionUse) bool { return c.ID == u.Connection })
	if i < 0 {
		return site.Progress{}, fault.New(fault.NotFound, "load connection", "the library %q is gone", u.Connection)
	}
	p := site.Progress{Recipes: int(libraries[i].Recipes), Importing: libraries[i].Synced == nil}
	if p.Importing {
		if f, ok := b.done.Load(u.Connection); ok {
			p.Recipes, p.Of = f.(fetched).done, f.(fetched).total
		} else if why := libraries[i].LastError; why != "" {
			p.Problem = fault.New(fault.TandoorError, "import", "%s", why)
		}
		return p, nil
	}
	_, err = b.s.Plannable(ctx, u)
	switch fault.KindOf(err) {
	case "":
		return p, nil
	case fault.NoRecipesAvailable, fault.NotEnoughRecipes, fault.InvalidConstraints:
		p.Problem = err
		return p, nil
	default:
		return p, err
	}
}

// Farewell mails the user a link by which they delete everything.
func (s *Services) Farewell(ctx context.Context, u user.User) error {
	m, err := s.renderer.Deletion(u, s.opts.Now(), web.DeletionValid)
	if err != nil {
		return err
	}
	_, err = s.Outbox.Add(ctx, u.ID, m)
	return err
}

// Diary is the address at which a user connects a diary; "" without a service for it.
func (s *Services) Diary(userID string) string {
	if s.Accounts.Service == nil {
		return ""
	}
	return s.Links.Connect(userID)
}
