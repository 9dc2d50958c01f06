package config

import (
	"net/mail"
	"net/url"
	"strings"
)

// Doubts are settings that are valid and yet make mails useless: links that lead to the
// reader's own machine, a sender that no server will believe, replies to a mailbox that is
// not the one that is read. Senders below reserved names (RFC 2606) belong to a sandbox,
// whose readers sit at this machine.
func (c Config) Doubts() []string {
	from := c.SMTP.Address()
	if c.SMTP.Host == "" || loopback(c.SMTP.Host) || reserved(from) {
		return nil
	}
	var out []string
	if u, err := url.Parse(c.Web.PublicURL); err == nil && loopback(u.Hostname()) {
		out = append(out, "PUBLIC_URL is "+c.Web.PublicURL+": every link in a mail leads to its reader's own machine; set it to the address at which users reach the api role")
	}
	if host := domain(from); host == "" || loopback(host) {
		out = append(out, "SMTP_FROM is "+c.SMTP.From+": set it to an address that your mail server may send from")
	}
	// The mailbox that is read is the one that logs in, unless IMAP_ADDRESS says otherwise.
	login, err := mail.ParseAddress(c.IMAP.Username)
	if inbox := c.IMAP.Inbox(c.SMTP); c.IMAP.Host != "" && c.IMAP.Address == "" && err == nil && !strings.EqualFold(login.Address, inbox) {
		out = append(out, "replies go to "+inbox+" (SMTP_FROM), and the mailbox that is read is that of "+login.Address+" (IMAP_USERNAME): set IMAP_ADDRESS to the address whose mail arrives there")
	}
	return out
}

func domain(address string) string {
	_, host, _ := strings.Cut(address, "@")
	return host
}

// reserved reports a domain that nobody can receive mail at.
func reserved(address string) bool {
	host := domain(address)
	for _, top := range []string{".example", ".invalid", ".test"} {
		if strings.HasSuffix(host, top) {
			return true
		}
	}
	return false
}
