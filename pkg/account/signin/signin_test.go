package signin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/signin"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// ports are the ports in memory.
type ports struct {
	users  []user.User
	links  map[string]string // user by digest
	tokens []string
	mailed []string
}

func (p *ports) ByEmail(_ context.Context, email string) (out []user.User, err error) {
	for _, u := range p.users {
		if strings.EqualFold(u.Email, email) {
			out = append(out, u)
		}
	}
	return out, nil
}

func (p *ports) CreateLink(_ context.Context, userID string, digest []byte, valid time.Duration, most int) (bool, error) {
	n := 0
	for _, id := range p.links {
		if id == userID {
			n++
		}
	}
	if n >= most || valid != signin.Valid {
		return false, nil
	}
	p.links[string(digest)] = userID
	return true, nil
}

func (p *ports) UseLink(_ context.Context, digest []byte, used bool) (string, error) {
	id, ok := p.links[string(digest)]
	if !ok {
		return "", fault.New(fault.Unauthorized, "sign in", "used")
	}
	if used {
		delete(p.links, string(digest))
	}
	return id, nil
}

func (p *ports) SignIn(u user.User, token string, _ time.Duration) (mail.Mail, error) {
	p.tokens = append(p.tokens, token)
	return mail.Mail{To: u.Email}, nil
}

func (p *ports) Add(_ context.Context, userID string, m mail.Mail) (bool, error) {
	p.mailed = append(p.mailed, userID+" "+m.To)
	return true, nil
}

// Looking at a link says whose it is and leaves it for its use.
func TestALookUsesNoLink(t *testing.T) {
	t.Parallel()
	p := &ports{links: map[string]string{}, users: []user.User{{ID: "ana", Email: "home@example.org"}}}
	s := signin.New(p, p, p)
	if err := s.Request(t.Context(), "home@example.org"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if id, err := s.Whose(t.Context(), p.tokens[0]); err != nil || id != "ana" {
			t.Errorf("%q, %v", id, err)
		}
	}
	if id, err := s.Redeem(t.Context(), p.tokens[0]); err != nil || id != "ana" {
		t.Errorf("%q, %v", id, err)
	}
	if _, err := s.Whose(t.Context(), p.tokens[0]); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("after its use: %v", err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	p := &ports{links: map[string]string{}, users: []user.User{{ID: "ana", Email: "home@example.org"}, {ID: "ben", Email: "Home@example.org"}, {ID: "eve", Email: "eve@example.org"}}}
	s := signin.New(p, p, p)
	for _, email := range []string{"nobody@example.org", "", " HOME@example.org "} {
		if err := s.Request(t.Context(), email); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.mailed) != 2 || p.mailed[0] != "ana home@example.org" || p.mailed[1] != "ben Home@example.org" {
		t.Fatalf("mailed %q", p.mailed)
	}
	for _, bad := range []string{"", "x", p.tokens[0] + "A", strings.Repeat("A", 43)} {
		for _, find := range []func(context.Context, string) (string, error){s.Redeem, s.Whose} {
			if _, err := find(t.Context(), bad); fault.KindOf(err) != fault.Unauthorized {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
	if id, err := s.Redeem(t.Context(), p.tokens[1]); id != "ben" || err != nil {
		t.Errorf("%s, %v", id, err)
	}
	if _, err := s.Redeem(t.Context(), p.tokens[1]); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a second time: %v", err)
	}
	for range 3 * signin.Most {
		if err := s.Request(t.Context(), "eve@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.mailed) - 2; n != signin.Most {
		t.Errorf("%d mails to one who asks for many", n)
	}
	token, err := s.Link(t.Context(), "ana")
	if err != nil {
		t.Fatal(err)
	}
	if id, err := s.Redeem(t.Context(), token); id != "ana" || err != nil {
		t.Errorf("an operator's link: %s, %v", id, err)
	}
}
