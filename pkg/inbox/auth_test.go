package inbox_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/mealplanner/mealplanner/pkg/inbox"
)

const letter = "From: Ana <ana@mail.example.org>\r\nTo: plan@x.example\r\nSubject: Re: plan\r\nContent-Type: text/plain\r\n\r\nSTATUS\r\n"

// Authentication-Results of our own server mx.x.example, and what they are worth.
func TestAuthenticationResults(t *testing.T) {
	t.Parallel()
	const ours = "Authentication-Results: mx.x.example; "
	pass, signed := inbox.Auth{Result: inbox.Authenticated, By: "dmarc"}, inbox.Auth{Result: inbox.Authenticated, By: "dkim"}
	fail, none := inbox.Auth{Result: inbox.Failed, By: "dmarc"}, inbox.Auth{Result: inbox.None}
	for fields, want := range map[string]inbox.Auth{
		ours + "dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=mail.example.org":                                            pass,
		"Authentication-Results: MX.x.example 1;\r\n spf=pass smtp.mailfrom=a@b;\r\n dmarc=pass header.from=Mail.Example.ORG": pass,
		ours + "dmarc=pass header.from=evil.example":                                                                          none,
		ours + "dmarc=pass": none,
		ours + "dmarc=fail header.from=mail.example.org":                                      fail,
		ours + "dkim=pass header.d=mail.example.org; dmarc=fail header.from=mail.example.org": fail,
		ours + "dkim=pass header.d=mail.example.org; dmarc=none":                              signed,
		ours + "dkim=pass header.d=example.org header.s=s":                                    signed,
		ours + "dkim=pass header.i=@example.org":                                              signed,
		ours + "dkim=pass header.d=evil.example; dkim=pass header.d=example.org":              signed,
		ours + "dkim=pass header.d=org":                                                       none,
		ours + "dkim=pass header.d=ample.org":                                                 none,
		ours + "dkim=pass header.d=sub.mail.example.org":                                      signed,
		ours + "dkim=fail header.d=example.org; spf=pass smtp.mailfrom=mail.example.org":      none,
		ours + "none": none,
		"":            none,
		// What a sender wrote into the message, or into what our server quotes of it, is worth nothing.
		"Authentication-Results: evil.example; dmarc=pass header.from=mail.example.org":                                                   none,
		ours + "dmarc=fail header.from=mail.example.org\r\n" + ours + "dmarc=pass header.from=mail.example.org":                           fail,
		"Authentication-Results: other.example; none\r\n" + ours + "dmarc=pass header.from=mail.example.org":                              none,
		ours + "spf=pass (domain of x; dmarc=pass header.from=mail.example.org) smtp.mailfrom=eve@evil.example":                           none,
		ours + `spf=pass smtp.mailfrom="x; dmarc=pass header.from=mail.example.org; x"@evil.example`:                                      none,
		ours + `spf=pass (a "quote) smtp.mailfrom="\"; dmarc=pass header.from=mail.example.org; x=\""@evil.example`:                       none,
		ours + "spf=pass (\\); dmarc=pass header.from=mail.example.org;) smtp.mailfrom=eve@evil.example":                                  none,
		ours + "spf=pass smtp.mailfrom=x; dmarc=pass header.from=mail.example.org; x=y@evil.example; dmarc=none header.from=evil.example": none,
		ours + "dmarc=pass header.from=mail.example.org (":                                                                                none,
	} {
		if fields != "" {
			fields += "\r\n"
		}
		m, err := inbox.Parse([]byte(fields+letter), inbox.Options{AuthservID: "mx.x.example", Now: time.Now})
		if err != nil {
			t.Errorf("%s: %v", fields, err)
			continue
		}
		if m.Auth != want {
			t.Errorf("%s: %+v, want %+v", fields, m.Auth, want)
		}
	}
	m, err := inbox.Parse([]byte(ours+"dmarc=pass header.from=mail.example.org\r\n"+letter), options)
	if err != nil || m.Auth != none {
		t.Errorf("without a trusted server: %+v, %v", m.Auth, err)
	}
	m, err = inbox.Parse([]byte(ours+"dmarc=pass header.from=mail.example.org\r\nFrom: eve@evil.example\r\n"+letter), inbox.Options{AuthservID: "mx.x.example", Now: time.Now})
	if err == nil {
		t.Errorf("two From fields: %+v", m.Auth)
	}
}

// Who may speak for a domain is one organization by the public suffix list: a registry
// speaks for nobody below it, and whoever rents a name beside ours speaks for themselves.
func TestWhoSpeaksForADomain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, signer string
		want         inbox.AuthResult
	}{
		{"ana@kitchen.co.uk", "kitchen.co.uk", inbox.Authenticated},
		{"ana@kitchen.co.uk", "mail.kitchen.co.uk", inbox.Authenticated},
		{"ana@mail.kitchen.co.uk", "kitchen.co.uk", inbox.Authenticated},
		{"ana@kitchen.co.uk", "co.uk", inbox.None},
		{"ana@kitchen.co.uk", "other.co.uk", inbox.None},
		{"ana@ana.github.io", "eve.github.io", inbox.None},
		{"ana@ana.github.io", "github.io", inbox.None},
		{"ana@co.uk", "co.uk", inbox.Authenticated}, // the domain itself
	} {
		mail := "Authentication-Results: mx.x.example; dkim=pass header.d=" + c.signer + "\r\n" + strings.Replace(letter, "ana@mail.example.org", c.from, 1)
		m, err := inbox.Parse([]byte(mail), inbox.Options{AuthservID: "mx.x.example", Now: time.Now})
		if err != nil || m.Auth.Result != c.want {
			t.Errorf("%s signed by %s: %+v, %v, want %s", c.from, c.signer, m.Auth, err, c.want)
		}
	}
}

// A signature covers one copy of a field; a mail with two of one is not read at all.
func TestFieldsThatMayBeThereOnce(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		"From: ana@mail.example.org", "To: plan+token@planner.example", "Date: Tue, 24 Nov 2026 18:00:00 +0000", "Message-ID: <new@evil.example>",
		"Subject: other", "Content-Type: text/html",
	} {
		const complete = "From: Ana <ana@mail.example.org>\r\nTo: plan@x.example\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <a@x.example>\r\nSubject: Re: plan\r\nContent-Type: text/plain\r\n\r\nSTATUS\r\n"
		if _, err := inbox.Parse([]byte(complete), options); err != nil {
			t.Fatal(err)
		}
		if m, err := inbox.Parse([]byte(field+"\r\n"+complete), options); err == nil {
			t.Errorf("%s was added: %+v", field, m)
		}
	}
}

type signer struct {
	key     ed25519.PrivateKey
	domain  string
	fields  []string
	expires time.Time
}

func (s signer) sign(t *testing.T, mail string) string {
	t.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(mail), &dkim.SignOptions{
		Domain: s.domain, Selector: "s1", Signer: s.key, Hash: crypto.SHA256, HeaderKeys: s.fields, Expiration: s.expires,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestOwnDKIM(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	lookup := func(name string) ([]string, error) {
		switch name {
		case "s1._domainkey.mail.example.org", "s1._domainkey.example.org", "s1._domainkey.evil.example", "s1._domainkey.org":
			return []string{record}, nil
		case "s1._domainkey.slow.example.org":
			return nil, &net.DNSError{Err: "timeout", IsTimeout: true, IsTemporary: true}
		}
		return nil, errors.New("no such name")
	}
	good := signer{key: key, domain: "mail.example.org"}
	parent, evil, top := good, good, good
	parent.domain, evil.domain, top.domain = "example.org", "evil.example", "org"
	expired, soon := good, good
	expired.expires, soon.expires = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	slow := strings.Replace(letter, "ana@mail", "ana@slow", 1)
	slowly := good
	slowly.domain = "slow.example.org"

	// A signature whose h= leaves From out cannot be made with the library.
	unsigned := strings.Replace(good.sign(t, letter), "h=From:", "h=", 1)

	pass, fail := inbox.Auth{Result: inbox.Authenticated, By: "own dkim"}, inbox.Auth{Result: inbox.Failed, By: "own dkim"}
	none := inbox.Auth{Result: inbox.None}
	for name, c := range map[string]struct {
		mail string
		want inbox.Auth
	}{
		"signed by From's domain":         {good.sign(t, letter), pass},
		"signed by its parent":            {parent.sign(t, letter), pass},
		"signed by somebody else":         {evil.sign(t, letter), none},
		"signed by a top-level domain":    {top.sign(t, letter), none},
		"signed by somebody else as well": {evil.sign(t, good.sign(t, letter)), pass},
		"not signed":                      {letter, none},
		"the body was altered":            {strings.Replace(good.sign(t, letter), "STATUS", "UNDO", 1), fail},
		"the subject was altered":         {strings.Replace(good.sign(t, letter), "Re: plan", "Re: other", 1), fail},
		"From is not signed":              {unsigned, fail},
		"expired":                         {expired.sign(t, letter), fail},
		"not yet expired":                 {soon.sign(t, letter), pass},
		"the key cannot be had for now":   {slowly.sign(t, slow), none},
		"many foreign signatures":         {strings.Repeat("DKIM-Signature: v=1; d=evil.example\r\n", 20) + good.sign(t, letter), none},
		"a signature of nonsense":         {"DKIM-Signature: ;;;\r\n" + letter, none},
		"a forged result above it":        {"Authentication-Results: mx.x.example; dmarc=pass header.from=mail.example.org\r\n" + letter, none},
	} {
		m, err := inbox.Parse([]byte(c.mail), inbox.Options{LookupTXT: lookup, Now: time.Now})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Auth != c.want {
			t.Errorf("%s: %+v, want %+v", name, m.Auth, c.want)
		}
	}
	m, err := inbox.Parse([]byte(soon.sign(t, letter)), inbox.Options{LookupTXT: lookup, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	if err != nil || m.Auth != fail {
		t.Errorf("expired by the clock that was given: %+v, %v", m.Auth, err)
	}
}
