package app_test

import (
	"context"
	"html"
	"image/gif"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// firefox is what a person's browser says it is.
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// readers are two users with a delivered plan mail: Lewis agreed that openings are noted,
// Ana did not.
type readers struct {
	*world
	pool   *pgxpool.Pool
	client *http.Client
	html   map[string]string // the delivered mails by local part
	text   map[string]string
}

func newReaders(t *testing.T) *readers {
	t.Helper()
	w := newWorld(t, options{})
	w.mustGenerate(t, "user_lewis")
	w.mustGenerate(t, "user_ana")
	must(t, w.Start(t.Context()))
	r := &readers{world: w, pool: w.pool(t), html: map[string]string{}, text: map[string]string{}}
	r.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { // whatever PUBLIC_URL says
			return new(net.Dialer).DialContext(ctx, network, w.Addr(app.API).String())
		},
	}}
	must(t, w.box.Mail.Wait(t.Context(), 2))
	await(t, r.pool, 2, "select count(*) from outbox where status = 'sent'")
	for _, m := range w.box.Mail.Messages() {
		p, err := mailbox.Parse(m.Raw)
		must(t, err)
		local, _, _ := strings.Cut(m.To, "@")
		r.html[local], r.text[local] = p.HTML, p.Text
	}
	return r
}

// accepted says when the mails were accepted.
func (r *readers) accepted(t *testing.T, ago time.Duration) {
	t.Helper()
	_, err := r.pool.Exec(t.Context(), "update outbox set sent_at = now() - $1::interval", ago)
	must(t, err)
}

// found returns the only address in a delivered mail's HTML that a pattern begins.
func (r *readers) found(t *testing.T, local, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(`"(http://localhost:8080` + pattern + `[^"]+)"`).FindStringSubmatch(r.html[local])
	if m == nil {
		t.Fatalf("%s's mail has no %s", local, pattern)
	}
	return html.UnescapeString(m[1])
}

// answer is what the end of a chain of redirects says.
type answer struct {
	status int
	path   string
	header http.Header
	body   string
}

func (r *readers) visit(t *testing.T, method, address string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	must(t, err)
	req.Header.Set("User-Agent", firefox)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.client.Do(req)
	must(t, err)
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	return answer{resp.StatusCode, resp.Request.URL.Path, resp.Header, string(body)}
}

// events returns how often a signal was noted, by people and by machines.
func (r *readers) events(t *testing.T, kind string) (people, machines int) {
	t.Helper()
	must(t, r.pool.QueryRow(t.Context(), `select coalesce(sum(times) filter (where not machine), 0), coalesce(sum(times) filter (where machine), 0)
		from mail_events where kind = $1`, kind).Scan(&people, &machines))
	return people, machines
}

// expect compares what was noted and counted of a signal.
func (r *readers) expect(t *testing.T, when, kind string, people, machines int, counted int64) {
	t.Helper()
	metric := map[string]string{"click": "email_clicks_total", "open": "email_opens_total"}[kind]
	p, m := r.events(t, kind)
	if n := r.sums(t)[metric]; p != people || m != machines || n != counted {
		t.Errorf("%s: %d %ss by people, %d by machines, %d counted; want %d, %d, %d", when, p, kind, m, n, people, machines, counted)
	}
}

// plansAndUsers is all that a visit must not change.
func (r *readers) plansAndUsers(t *testing.T) string {
	t.Helper()
	var s string
	must(t, r.pool.QueryRow(t.Context(), `select (select json_agg(p order by id)::text from plans p) || (select json_agg(m order by user_id, date, meal)::text from plan_meals m)
		|| (select json_agg(u order by id)::text from users u) || (select json_agg(c order by user_id)::text from week_constraints c)`).Scan(&s))
	return s
}

// The plan link of a delivered mail leads to the plan; the first click of a person counts,
// and nothing that a machine does.
func TestClicksAreCountedOncePerMail(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	before := r.plansAndUsers(t)
	link := r.found(t, "ana", "/r/")
	r.accepted(t, 0)
	if got := r.visit(t, http.MethodGet, link); got.status != 200 || !strings.HasPrefix(got.path, "/plan/") || !strings.Contains(got.body, "Monday") {
		t.Fatalf("%s leads to %s: %d", link, got.path, got.status)
	}
	r.expect(t, "within seconds of the delivery", "click", 0, 1, 0)
	r.accepted(t, time.Minute)
	r.visit(t, http.MethodHead, link)
	r.visit(t, http.MethodGet, link, "Sec-Purpose", "prefetch;prerender")
	r.visit(t, http.MethodGet, link, "Purpose", "prefetch")
	r.visit(t, http.MethodGet, link, "User-Agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
	r.visit(t, http.MethodGet, link, "User-Agent", "")
	r.expect(t, "by machines", "click", 0, 6, 0)
	for range 2 {
		if got := r.visit(t, http.MethodGet, link); got.status != 200 || !strings.HasPrefix(got.path, "/plan/") {
			t.Errorf("leads to %s: %d", got.path, got.status)
		}
	}
	r.expect(t, "by a person, twice", "click", 2, 6, 1)
	tokens := regexp.MustCompile(`/eyJ[\w-]+`) // signed links name the second they were made in
	bare := func(a answer) string { return tokens.ReplaceAllString(a.body, "") }
	if got, want := r.visit(t, http.MethodGet, link), r.visit(t, http.MethodGet, r.Links.Plan("user_ana", week)); bare(got) != bare(want) {
		t.Error("the link leads to another page than the plan's")
	}
	rates, err := r.Outbox.Engagement(t.Context())
	if must(t, err); rates["weekly_plan"] != .5 || len(rates) != 1 {
		t.Errorf("engagement %v, want one mail of two", rates)
	}
	r.awaitLeader(t)
	r.ReadGauges(t.Context())
	if got := r.gauge(t, "email_engagement_rate"); got["weekly_plan"] != .5 || got["daily_advisor"] != 0 || len(got) != len(metrics.EmailTypes) {
		t.Errorf("the gauge says %v", got)
	}
	if r.plansAndUsers(t) != before {
		t.Error("a visit changed a plan or a user")
	}
	if n := strings.Count(r.logs.String(), "Mail clicked"); n != 1 {
		t.Errorf("%d lines say that the mail was clicked", n)
	}
}

// Two clicks at the same time are one mail that was clicked.
func TestSimultaneousClicksCountOnce(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	r.accepted(t, time.Minute)
	link := r.found(t, "lewis", "/r/")
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
			req.Header.Set("User-Agent", firefox)
			if resp, err := r.client.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}()
	}
	for range 8 {
		<-done
	}
	r.expect(t, "eight at once", "click", 8, 0, 1)
}

// What was mailed to an address that the user gave up opens nothing any more; what is made
// after that does, as do links of those whose address stayed.
func TestLinksOfAFormerAddressEnd(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	r.accepted(t, time.Minute)
	made := func(l web.Links) map[string]string {
		return map[string]string{
			"plan":        l.Plan("user_lewis", week),
			"unsubscribe": l.Unsubscribe("user_lewis", "weekly_plan"),
			"button":      l.Command("user_lewis", week, "STATUS"),
		}
	}
	expect := func(when string, want int, links map[string]string) {
		t.Helper()
		for name, l := range links {
			if got := r.visit(t, http.MethodGet, l).status; got != want {
				t.Errorf("%s, %s: %d, want %d", when, name, got, want)
			}
		}
	}
	sent := (week - 6).Time().Add(12*time.Hour + 5*time.Minute) // by the program's clock
	_, err := r.pool.Exec(t.Context(), "update outbox set sent_at = $1 where status = 'sent'", sent)
	must(t, err)
	old := made(r.Links)
	expect("before", http.StatusOK, old)
	r.change(t, "user_lewis", func(u *user.User) { u.Email = "lewis@elsewhere.example" })
	expect("after", http.StatusUnauthorized, old)
	fresh := r.Links
	ring, err := seal.ParseRing(r.cfg.Security.Key)
	must(t, err)
	fresh.Signer = signedlink.New(ring, func() time.Time { return sent.Add(time.Minute) })
	expect("made after it", http.StatusOK, made(fresh))
	r.change(t, "user_lewis", func(u *user.User) { u.People = 3 })
	expect("after another change", http.StatusOK, made(fresh))
}

// A counted link leads to our pages only, whatever its token says, and what is forged,
// expired or made for something else leads nowhere and counts for nothing.
func TestCountedLinksLeadNowhereElse(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	r.accepted(t, time.Minute)
	link, picture := r.found(t, "lewis", "/r/"), r.found(t, "lewis", "/o/")
	var key string
	must(t, r.pool.QueryRow(t.Context(), "select reply_key from outbox where user_id = 'user_lewis'").Scan(&key))
	sign := func(purpose, path string, valid time.Duration) string {
		return r.Links.Signer.Sign(purpose, "", key+path, valid)
	}
	flip := func(address string) string { return address[:len(address)-8] + "AAAA" + address[len(address)-4:] }
	unsubscribe, err := url.Parse(r.Links.Unsubscribe("user_lewis", "weekly_plan"))
	must(t, err)
	const base = "http://localhost:8080"
	for name, address := range map[string]string{
		"changed":             flip(link),
		"cut":                 link[:len(link)-3],
		"expired":             base + "/r/" + sign("click", " /plan/x", -time.Second),
		"another purpose":     base + "/r/" + sign("plan", " /plan/x", time.Hour),
		"a plan's own token":  base + "/r/" + strings.TrimPrefix(r.Links.Plan("user_lewis", week), base+"/plan/"),
		"another site":        base + "/r/" + sign("click", " https://evil.example/plan/", time.Hour),
		"another host":        base + "/r/" + sign("click", " //evil.example/plan/", time.Hour),
		"a backslash":         base + "/r/" + sign("click", ` \\evil.example/plan/`, time.Hour),
		"credentials":         base + "/r/" + sign("click", "  @evil.example/plan/", time.Hour),
		"a port":              base + "/r/" + sign("click", " :80@evil.example/plan/", time.Hour),
		"what ends the mails": base + "/r/" + sign("click", " "+unsubscribe.Path, time.Hour),
		"nothing":             base + "/r/" + sign("click", "", time.Hour),
		"an address":          base + "/r/https:%2F%2Fevil.example",
		"a parameter":         base + "/r/x?to=https://evil.example",
		"picture, changed":    flip(picture),
		"picture, expired":    base + "/o/" + sign("open", "", -time.Second),
		"picture, of a click": base + "/o/" + sign("click", "", time.Hour),
		"picture, of a plan":  base + "/o/" + sign("plan", "", time.Hour),
	} {
		got := r.visit(t, http.MethodGet, address)
		if got.status != http.StatusUnauthorized || got.header.Get("Location") != "" || !strings.Contains(got.body, "This link does not work") || strings.HasPrefix(got.path, "/plan/") {
			t.Errorf("%s: %d at %s, to %q", name, got.status, got.path, got.header.Get("Location"))
		}
	}
	r.expect(t, "after all that", "click", 0, 0, 0)
	r.expect(t, "after all that", "open", 0, 0, 0)
	for _, kept := range []string{"https://evil.example/plan/x", r.Links.Unsubscribe("user_lewis", "weekly_plan"), r.Links.Connect("user_lewis")} {
		if got := r.Links.Click([8]byte{}, kept); got != kept {
			t.Errorf("%s becomes %s", kept, got)
		}
	}
	// A mail that is no more still leads to its page.
	unknown := r.Links.Click([8]byte{1}, r.Links.Plan("user_lewis", week))
	if got := r.visit(t, http.MethodGet, unknown); got.status != 200 || !strings.HasPrefix(got.path, "/plan/") {
		t.Errorf("an unknown mail's link: %d at %s", got.status, got.path)
	}
	r.expect(t, "an unknown mail", "click", 0, 0, 0)
}

// Openings are noted of those who agreed, the proxies of mail services apart.
func TestOpensAreCountedOncePerMail(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	if strings.Contains(r.html["ana"], "/o/") || strings.Contains(r.html["ana"], "<img") {
		t.Error("Ana's mail tells that it was opened, and she did not agree")
	}
	for local, text := range r.text {
		if strings.Contains(text, "/o/") || strings.Contains(text, "/r/") {
			t.Errorf("%s's text is tracked", local)
		}
	}
	picture := r.found(t, "lewis", "/o/")
	r.accepted(t, 0)
	got := r.visit(t, http.MethodGet, picture)
	if img, err := gif.Decode(strings.NewReader(got.body)); err != nil || img.Bounds().Dx() != 1 || img.Bounds().Dy() != 1 || len(got.body) != 43 {
		t.Errorf("%d bytes, %v", len(got.body), err)
	} else if _, _, _, a := img.At(0, 0).RGBA(); a != 0 {
		t.Error("the picture can be seen")
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Type") != "image/gif" {
		t.Errorf("headers %v", got.header)
	}
	r.expect(t, "within seconds of the delivery", "open", 0, 1, 0)
	r.accepted(t, time.Minute)
	for _, agent := range []string{
		"Mozilla/5.0", // Apple's Mail Privacy Protection
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
		"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
	} {
		r.visit(t, http.MethodGet, picture, "User-Agent", agent)
	}
	r.expect(t, "by proxies", "open", 0, 4, 0)
	r.visit(t, http.MethodGet, picture)
	r.visit(t, http.MethodGet, picture)
	r.expect(t, "by a person, twice", "open", 2, 4, 1)
	stats, err := r.Outbox.Stats(t.Context())
	if must(t, err); len(stats) != 1 || stats[0].Accepted != 2 || stats[0].Opened != 1 || stats[0].OpenedByMachine != 1 || stats[0].Engaged != 1 {
		t.Errorf("statistics %+v", stats)
	}
}

func (r *readers) change(t *testing.T, id string, change func(*user.User)) {
	t.Helper()
	u, err := r.Users.Get(t.Context(), id)
	must(t, err)
	change(&u)
	must(t, r.Users.Set(t.Context(), u))
}

// The mail that answers a command is a mail like others; a link that cannot carry the note
// stays as it is.
func TestAnswersAreCountedToo(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", nil)
	p.post(t, p.reply(t, p.planMail(t, "user_lewis"), "STATUS"))
	parts, err := mailbox.Parse(p.answers()[0].Raw)
	must(t, err)
	var key string
	must(t, p.pool.QueryRow(t.Context(), "select reply_key from outbox where email_type = 'confirmation'").Scan(&key))
	token := regexp.MustCompile(`"http://localhost:8080/r/([^"]+)"`).FindStringSubmatch(parts.HTML)
	if token == nil || !strings.Contains(parts.HTML, `/o/`) || strings.Contains(parts.Text, "/r/") {
		t.Fatalf("the answer is not tracked as its user allows:\n%s", parts.HTML)
	}
	if c, err := p.Links.Signer.Verify("click", token[1]); err != nil || !strings.HasPrefix(c.Subject, key+" /plan/") {
		t.Errorf("the link counts for %q, want mail %s: %v", c.Subject, key, err)
	}
	for _, n := range []int{1, 400, 600} {
		link := p.Links.Command("user_lewis", week, strings.Repeat("x", n))
		counted := p.Links.Click([8]byte{}, link)
		if _, err := p.Links.Signer.Verify("click", strings.TrimPrefix(counted, p.Links.Base+"/r/")); err != nil && counted != link {
			t.Errorf("a command of %d characters: %v", n, err)
		}
	}
}
