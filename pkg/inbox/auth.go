package inbox

import (
	"bytes"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"
)

// AuthResult says whether the mail's From is proven.
type AuthResult string

// The results.
const (
	Authenticated AuthResult = "authenticated" // a trusted party confirms From's domain
	Failed        AuthResult = "failed"        // the mail is not as From's domain sent it
	None          AuthResult = "none"          // no statement
)

// Auth is the verdict about the mail's From, and its source.
type Auth struct {
	Result AuthResult
	By     string // "dmarc" and "dkim" of our mail server, "own dkim"; "" with None
}

const maxSignatures = 5 // DKIM signatures verified per mail

// authenticate evaluates our own mail server's Authentication-Results, the topmost ones
// (RFC 8601: the sender may have written the others), else the DKIM signatures.
func authenticate(raw []byte, h message.Header, from string, o Options) Auth {
	domain := from[strings.LastIndexByte(from, '@')+1:]
	if domain == "" {
		return Auth{Result: None}
	}
	if o.AuthservID != "" && h.Has("Authentication-Results") {
		if id, results, ok := parseResults(h.Get("Authentication-Results")); ok && strings.EqualFold(id, o.AuthservID) {
			return reported(results, domain)
		}
	}
	return verified(raw, domain, o)
}

// parseResults parses an Authentication-Results field. Comments and quoted strings may hold
// the sender's text, so they are removed first.
func parseResults(value string) (id string, results []authres.Result, ok bool) {
	value, ok = bare(value)
	if !ok {
		return "", nil, false
	}
	id, results, err := authres.Parse(value)
	return id, results, err == nil
}

// bare is the field without comments and with "?" for each quoted string; false if they
// are not closed.
func bare(value string) (string, bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\':
			i++
		case c == '"' && depth == 0:
			if quoted = !quoted; quoted {
				b.WriteByte('?')
			}
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return "", false
			}
			b.WriteByte(' ')
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String(), depth == 0 && !quoted
}

// reported interprets our mail server's results for From's domain.
func reported(results []authres.Result, domain string) Auth {
	var dmarc []authres.ResultValue
	dkimPass := false
	for _, r := range results {
		switch r := r.(type) {
		case *authres.DMARCResult:
			if r.Value == authres.ResultPass && !strings.EqualFold(r.From, domain) {
				r.Value = authres.ResultNone
			}
			dmarc = append(dmarc, r.Value)
		case *authres.DKIMResult:
			signer := r.Domain
			if signer == "" {
				signer = r.Identifier[strings.LastIndexByte(r.Identifier, '@')+1:]
			}
			dkimPass = dkimPass || r.Value == authres.ResultPass && aligned(signer, domain)
		}
	}
	switch {
	case slices.Contains(dmarc, authres.ResultFail):
		return Auth{Failed, "dmarc"}
	case len(dmarc) == 1 && dmarc[0] == authres.ResultPass:
		return Auth{Authenticated, "dmarc"}
	case dkimPass:
		return Auth{Authenticated, "dkim"}
	default:
		return Auth{Result: None}
	}
}

// verified evaluates the signatures of From's domain. Those of other domains do not count.
func verified(raw []byte, domain string, o Options) Auth {
	if o.LookupTXT == nil {
		return Auth{Result: None}
	}
	signatures, _ := dkim.VerifyWithOptions(bytes.NewReader(raw), // each signature has its own error
		&dkim.VerifyOptions{LookupTXT: o.LookupTXT, MaxVerifications: maxSignatures})
	result := Auth{Result: None}
	for _, s := range signatures {
		expired := !s.Expiration.IsZero() && o.Now().After(s.Expiration)
		switch {
		case !aligned(s.Domain, domain) || dkim.IsTempFail(s.Err):
		case s.Err == nil && !expired:
			return Auth{Authenticated, "own dkim"}
		default:
			result = Auth{Failed, "own dkim"}
		}
	}
	return result
}

// aligned reports whether the signer is aligned with the domain: both belong to the same
// organization by the public suffix list, the relaxed alignment of RFC 7489, section 3.1.1.
func aligned(signer, domain string) bool {
	signer, domain = strings.ToLower(strings.TrimSuffix(signer, ".")), strings.ToLower(strings.TrimSuffix(domain, "."))
	if signer == domain {
		return true
	}
	of, err := publicsuffix.EffectiveTLDPlusOne(domain)
	by, berr := publicsuffix.EffectiveTLDPlusOne(signer)
	return err == nil && berr == nil && of == by
}
