package site

import (
	"context"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// reader is who looks at a page: a user, or somebody of whom only the browser's languages are
// known.
type reader struct {
	user     *user.User // nil: nobody is signed in
	language message.Language
}

type readerKey struct{}

// listened gives the request its reader, who speaks what the browser asks for.
func listened(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), readerKey{}, &reader{language: message.Accepted(r.Header.Get("Accept-Language"))}))
}

// recognise makes the user the request's reader. Kind Unauthorized for one that was deleted.
func (s *Site) recognise(r *http.Request, id string) error {
	u, err := s.Users.Get(r.Context(), id)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Unauthorized, "pages", "you are not signed in any longer")
	}
	if err != nil {
		return err
	}
	to := readerOf(r)
	to.user, to.language = &u, u.Settings.Language
	return nil
}

func readerOf(r *http.Request) *reader {
	if known, ok := r.Context().Value(readerKey{}).(*reader); ok {
		return known
	}
	return &reader{language: message.Accepted(r.Header.Get("Accept-Language"))}
}

// spoken is the language of the request's reader, as it is printed.
func spoken(r *http.Request) message.Language { return readerOf(r).language.Typeset() }

// visitor is the user who is signed in, as the request found them.
func (s *Site) visitor(r *http.Request, id string) (user.User, error) {
	if u := readerOf(r).user; u != nil && u.ID == id {
		return *u, nil
	}
	return s.Users.Get(r.Context(), id)
}
