package web

import (
	"net/http"
	"slices"
	"strings"
)

// programs are substrings, in lower case, of User-Agents that fetch links and images without a
// person: mail services' proxies, scanners, previews, and libraries.
var programs = []string{
	"googleimageproxy", "ggpht.com", "yahoomailproxy", "yahoocachesystem", // pictures of a mail
	"barracuda", "mimecast", "proofpoint", "symantec", "trendmicro", "fortiguard", "cloudmark", "zscaler", "safelinks", "urldefense", "existence discovery",
	"bot", "crawl", "spider", "slurp", "scan", "preview", "facebookexternalhit", "whatsapp", "embedly", "headless", "phantomjs", "lighthouse",
	"curl/", "wget/", "python", "go-http-client", "java/", "okhttp", "axios", "node-fetch", "libwww", "apache-httpclient", "ruby", "php/",
}

// byMachine reports whether a request looks like one that a program made on its own.
func byMachine(r *http.Request) bool {
	if r.Method == http.MethodHead {
		return true
	}
	for _, h := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(r.Header.Get(h)); strings.Contains(v, "prefetch") || strings.Contains(v, "preview") {
			return true
		}
	}
	agent := strings.TrimSpace(r.UserAgent())
	if agent == "" || agent == "Mozilla/5.0" { // the latter is Apple's Mail Privacy Protection
		return true
	}
	agent = strings.ToLower(agent)
	return slices.ContainsFunc(programs, func(p string) bool { return strings.Contains(agent, p) })
}
