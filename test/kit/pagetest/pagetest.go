// Package pagetest looks at HTML through a real browser: Debian's Chromium, spoken to
// over the DevTools protocol. It reports what a reader would stumble over.
package pagetest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Scheme is the colour scheme a reader prefers.
type Scheme string

// The schemes, as prefers-color-scheme names them.
const (
	Light Scheme = "light"
	Dark  Scheme = "dark"
)

// View is how a page is looked at.
type View struct {
	Width  int // CSS pixels
	Scheme Scheme
}

// Views are a phone and a desktop, each in both schemes.
var Views = [...]View{{360, Light}, {360, Dark}, {1280, Light}, {1280, Dark}}

// String returns, for example, "360 px light".
func (v View) String() string { return fmt.Sprintf("%d px %s", v.Width, v.Scheme) }

// Browser is a running browser. It is not safe for concurrent use.
type Browser struct{ ctx context.Context } //nolint:containedctx // chromedp keeps the browser in its context

const (
	height  = 900
	timeout = 3 * time.Minute
)

// Start runs a browser until the test ends. Without Chromium the test is skipped, or
// fails where the environment says CI=true.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		const cure = "chromium is not installed: apt-get install --no-install-recommends chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(cure)
		}
		t.Skip(cure)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-features", "IsolateSandboxedIframes"), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, opts...)
	tab, _ := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		if err := chromedp.Cancel(tab); err != nil {
			t.Errorf("stop the browser: %v", err)
		}
		stopAlloc()
		stop()
	})
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return &Browser{tab}
}

func (b *Browser) show(t *testing.T, html string, v View, scale float64) {
	t.Helper()
	if err := b.load(html, v, scale); err != nil {
		t.Fatalf("show the page at %s: %v", v, err)
	}
}

func (b *Browser) load(html string, v View, scale float64) error {
	const phone = 500 // below, a page is laid out as on a phone
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(v.Width), Height: height, DeviceScaleFactor: scale, Mobile: v.Width < phone,
	}); err != nil {
		return err
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: string(v.Scheme)}},
	}); err != nil {
		return err
	}
	if err := chromedp.Do(b.ctx, chromedp.Navigate("about:blank")); err != nil {
		return err
	}
	tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return err
	}
	if _, err := chromedp.Call(b.ctx, page.SetDocumentContent, page.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: html}); err != nil {
		return err
	}
	return chromedp.Do(b.ctx, chromedp.WaitReady(chromedp.CSS("body")))
}

// Visit opens an address.
func (b *Browser) Visit(t *testing.T, url string) {
	t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
}

// ClickInFrame clicks the first element of the page's only frame that matches, as a person
// with a mouse does, and returns the tab that this opens.
func (b *Browser) ClickInFrame(t *testing.T, css string) *Browser {
	t.Helper()
	frames, err := chromedp.Run(b.ctx, chromedp.Nodes(chromedp.CSS("iframe")))
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	opened := chromedp.WaitNewTarget(b.ctx, func(i *target.Info) bool { return i.URL != "" })
	if err := chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(css), chromedp.FromNode(frames[0]))); err != nil {
		t.Fatalf("click %s: %v", css, err)
	}
	select {
	case id := <-opened:
		tab, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
		t.Cleanup(stop)
		if err := chromedp.Do(tab, chromedp.WaitReady(chromedp.CSS("body"))); err != nil {
			t.Fatalf("the new tab: %v", err)
		}
		return &Browser{tab}
	case <-time.After(20 * time.Second):
		t.Fatalf("the click on %s opened nothing", css)
		return nil
	}
}

// Click clicks an element and waits for the page that follows.
func (b *Browser) Click(t *testing.T, css string) {
	t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
		t.Fatalf("click %s: %v", css, err)
	}
}

// Type writes text into a field.
func (b *Browser) Type(t *testing.T, css, text string) {
	t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(css), text)); err != nil {
		t.Fatalf("type into %s: %v", css, err)
	}
}

// Await waits until the page's text contains the words.
func (b *Browser) Await(t *testing.T, words string) {
	t.Helper()
	var text string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
		if err == nil && strings.Contains(got, words) {
			return
		}
		text = got
	}
	t.Fatalf("the page never shows %q; it shows\n%s", words, text)
}

// AwaitScript waits until a JavaScript expression is true on the page.
func (b *Browser) AwaitScript(t *testing.T, expression string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression)); err == nil && is {
			return
		}
	}
	t.Fatalf("%s is never true", expression)
}

//go:embed check.js
var check string

// Findings lists what is wrong with the page in the view: scrolling sideways, text with
// less contrast than 4.5:1 (WCAG 2.2, 1.4.3) or below 14 px, images without alternative
// text and buttons lower than 44 px.
func (b *Browser) Findings(t *testing.T, html string, v View) []string {
	t.Helper()
	b.show(t, html, v, 1)
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](check))
	if err != nil {
		t.Fatalf("check the page at %s: %v", v, err)
	}
	return out
}

// Screenshot returns a PNG of the top of the page, rows CSS pixels high, at twice the
// resolution.
func (b *Browser) Screenshot(t *testing.T, html string, v View, rows int) []byte {
	t.Helper()
	const scale = 2
	b.show(t, html, v, scale)
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: float64(v.Width), Height: float64(rows), Scale: 1}, CaptureBeyondViewport: new(true),
	})
	if err != nil {
		t.Fatalf("photograph the page: %v", err)
	}
	return shot.Data
}
