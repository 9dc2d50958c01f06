package mailer_test

import (
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/test/kit/pagetest"
)

// findings adds the size limit to what the browser finds.
func findings(t *testing.T, b *pagetest.Browser, html string, v pagetest.View) []string {
	t.Helper()
	out := b.Findings(t, html, v)
	if len(html) > mailer.MaxHTML {
		out = append(out, "the HTML is too large")
	}
	return out
}

var pictures = flag.String("pictures", "", "photograph the mails into this folder")

// withPictures shows a mail's pictures the way a mail client would.
func withPictures(m mail.Mail) string {
	page := m.HTML
	for _, in := range m.Inline {
		page = strings.ReplaceAll(page, "cid:"+in.ContentID, "data:"+in.Type+";base64,"+base64.StdEncoding.EncodeToString(in.Data))
	}
	return page
}

// The mail must be readable on a phone and a desktop, in light and in dark.
func TestInABrowser(t *testing.T) {
	b := pagetest.Start(t)
	for name, week := range map[string]func(*testing.T) (user.User, plan.Plan){
		"rich": richWeek, "demo": demoWeek,
		"largest": func(t *testing.T) (user.User, plan.Plan) { t.Helper(); return largestWeek(t, 128) },
	} {
		m, _ := render(t, week)
		for _, v := range pagetest.Views {
			t.Run(name+" "+v.String(), func(t *testing.T) {
				for _, f := range findings(t, b, m.HTML, v) {
					t.Error(f)
				}
			})
		}
	}
	for name, m := range insightMails(t, `Lewis <b>"Lou"</b>`) {
		page := withPictures(m)
		if *pictures != "" {
			for _, v := range []pagetest.View{pagetest.Views[0], pagetest.Views[1], pagetest.Views[2]} {
				file := filepath.Join(*pictures, name+" "+v.String()+".png")
				if err := os.WriteFile(file, b.Screenshot(t, page, v, 1900), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, v := range pagetest.Views {
			t.Run(name+" "+v.String(), func(t *testing.T) {
				for _, f := range b.Findings(t, page, v) {
					t.Error(f)
				}
			})
		}
	}
	t.Run("planted violations are found", func(t *testing.T) { plantViolations(t, b) })
}

func plantViolations(t *testing.T, b *pagetest.Browser) {
	t.Helper()
	m, _ := render(t, demoWeek)
	const body = `<body class="bg"`
	plant := func(s string) string { return strings.Replace(m.HTML, "</body>", s+"</body>", 1) }
	for _, c := range []struct {
		name, html, want string
		views            []pagetest.View // in which it shows; nil: in all
	}{
		{name: "too wide", html: plant(`<div style="width:1400px">x</div>`), want: "scrolls sideways"},
		{name: "too wide for a phone", html: plant(`<div style="width:500px">x</div>`), want: "scrolls sideways", views: pagetest.Views[:2]},
		{name: "pale text", html: plant(`<p style="background:#fff;color:#999">pale</p>`), want: "contrast 2.85: pale"},
		{name: "half transparent text", html: plant(`<p style="background:#fff;color:rgba(0,0,0,.4)">thin</p>`), want: "contrast 2.85: thin"},
		{
			name: "dark text forgotten in the dark", html: strings.Replace(m.HTML, ".m{color:#a9b5ae!important}", "", 1), want: "contrast",
			views: []pagetest.View{pagetest.Views[1], pagetest.Views[3]},
		},
		{name: "image without alt", html: plant(`<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">`), want: "image without alt"},
		{name: "small print", html: plant(`<p style="font-size:11px">small</p>`), want: "text of 11 px"},
		{name: "low button", html: plant(`<button style="height:30px;font-size:14px">b</button>`), want: "button of 30 px"},
		{name: "too large", html: plant("<!--" + strings.Repeat("x", mailer.MaxHTML) + "-->"), want: "too large"},
	} {
		if c.html == m.HTML || !strings.Contains(c.html, body) {
			t.Fatalf("%s: nothing was planted", c.name)
		}
		for _, v := range pagetest.Views {
			got := findings(t, b, c.html, v)
			found := slices.ContainsFunc(got, func(f string) bool { return strings.HasPrefix(f, c.want) || strings.HasSuffix(f, c.want) })
			if want := c.views == nil || slices.Contains(c.views, v); found != want {
				t.Errorf("%s at %s: found = %t, want %t: %q", c.name, v, found, want, got)
			}
		}
	}
}
