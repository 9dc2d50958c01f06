package fatsecrettest

import (
	"crypto/rand"
	"net/http"
	"net/url"
)

// formAnswer is an answer of the token endpoints.
type formAnswer struct {
	values url.Values
	bad    *vendorError
}

func (s *Server) writeForm(w http.ResponseWriter, entry *Request, a formAnswer) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	if a.bad != nil {
		entry.Code = a.bad.code
		w.WriteHeader(http.StatusUnauthorized)
		writeAll(w, []byte(a.bad.message))
		return
	}
	writeAll(w, []byte(a.values.Encode()))
}

func (s *Server) requestToken(r *http.Request) formAnswer {
	if bad := s.verify(r, ""); bad != nil {
		return formAnswer{bad: bad}
	}
	callback := r.Form.Get("oauth_callback")
	if callback == "" {
		return formAnswer{bad: fail(2, "Missing required oauth parameter: oauth_callback")}
	}
	key, p := rand.Text(), &pending{secret: rand.Text(), callback: callback}
	s.pending[key] = p
	return formAnswer{values: url.Values{"oauth_token": {key}, "oauth_token_secret": {p.secret}, "oauth_callback_confirmed": {"true"}}}
}

// authorize agrees at once for the first user, which is what a sandbox wants.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	key := r.Form.Get("oauth_token")
	p := s.pending[key]
	if p == nil {
		http.Error(w, "This request has expired.", http.StatusBadRequest)
		return
	}
	p.verifier = rand.Text()[:8]
	if p.callback == "oob" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writeAll(w, []byte(p.verifier))
		return
	}
	target, err := url.Parse(p.callback)
	if err != nil {
		http.Error(w, "The callback is not an address.", http.StatusBadRequest)
		return
	}
	q := target.Query()
	q.Set("oauth_token", key)
	q.Set("oauth_verifier", p.verifier)
	target.RawQuery = q.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (s *Server) accessToken(r *http.Request) formAnswer {
	key := r.Form.Get("oauth_token")
	p := s.pending[key]
	if p == nil {
		return formAnswer{bad: fail(9, "Invalid access token: '%s'", key)}
	}
	if bad := s.verify(r, p.secret); bad != nil {
		return formAnswer{bad: bad}
	}
	if p.verifier == "" || r.Form.Get("oauth_verifier") != p.verifier || len(s.opt.Users) == 0 {
		return formAnswer{bad: fail(9, "Invalid verifier")}
	}
	delete(s.pending, key)
	u := s.users[s.opt.Users[0].Token]
	if u == nil {
		return formAnswer{bad: fail(9, "No such user")}
	}
	return formAnswer{values: url.Values{"oauth_token": {u.Token}, "oauth_token_secret": {u.Secret}}}
}
