package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestMachinesAreToldApart(t *testing.T) {
	t.Parallel()
	for agent, machine := range map[string]bool{
		"": true,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  false,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": false,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)":                                                false, // Apple Mail without its proxy
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0":           false,
		"Mozilla/4.0 (compatible; ms-office; MSOffice 16)":                                                                                        false, // Outlook shows pictures
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0":                                                            false,
		"Mozilla/5.0": true, // Apple's Mail Privacy Protection
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)":                     true,
		"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html":                                      true,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                      true,
		"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5":                                               true,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36": true,
		"Microsoft Office Existence Discovery":                                                                          true,
		"WhatsApp/2.23.20.0":                                                                                            true,
		"curl/8.5.0":                                                                                                    true,
		"python-requests/2.32":                                                                                          true,
	} {
		r := httptest.NewRequest(http.MethodGet, "/r/x", http.NoBody)
		r.Header.Set("User-Agent", agent)
		if byMachine(r) != machine {
			t.Errorf("%q is a machine: %t", agent, !machine)
		}
		r.Method = http.MethodHead
		if !byMachine(r) {
			t.Errorf("%q asks with HEAD", agent)
		}
	}
}
