package picture_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
)

// ports are the ports in memory.
type ports struct {
	mu    sync.Mutex
	kept  map[recipe.ID]picture.Kept
	asked int
	data  []byte
	err   error
}

func (p *ports) Picture(_ context.Context, _ string, id recipe.ID) (picture.Kept, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept[id], nil
}

func (p *ports) KeepPicture(_ context.Context, _ string, id recipe.ID, k picture.Kept) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[id] = k
	return nil
}

type library struct{ *ports }

func (l library) Picture(context.Context, string, string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.data, l.err
}

// drawn is a red picture with a blue frame at its left and right.
func drawn(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			c := color.RGBA{200, 20, 20, 255}
			if x < w/8 || x >= w-w/8 {
				c = color.RGBA{20, 20, 200, 255}
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesAreCutToTheirMiddle(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1600, 600}, {400, 300}, {10, 10}, {1, 1}, {3, 4000}} {
		small, large, err := picture.Scale(drawn(t, size[0], size[1]))
		if err != nil {
			t.Fatal(err)
		}
		for want, data := range map[image.Point][]byte{image.Pt(160, 120): small, image.Pt(640, 480): large} {
			img, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil || img.Bounds().Size() != want {
				t.Errorf("%v: %v, %v; want %v", size, img.Bounds().Size(), err, want)
			}
			if r, _, b, _ := img.At(2, 60).RGBA(); size[0] == 1600 && r < b {
				t.Errorf("%v: the frame is not cut off", size)
			}
		}
	}
	huge := drawn(t, 2, 2)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // says that it is 65,536 x 65,536
	for _, bad := range [][]byte{nil, []byte("<svg onload=alert(1)>"), drawn(t, 50, 50)[:60], huge} {
		if _, _, err := picture.Scale(bad); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// A picture is fetched once, and again when the library has another; one that cannot be read is
// asked for again after an hour.
func TestPicturesAreFetchedOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	p := &ports{kept: map[recipe.ID]picture.Kept{}, data: drawn(t, 400, 300)}
	s := picture.New(p, library{p}, func() time.Time { return now })
	r := recipe.Recipe{ID: 7, Picture: "/media/recipes/7.png"}
	get := func(want fault.Kind, asked int) {
		t.Helper()
		data, err := s.Get(t.Context(), "home", r, picture.Small)
		if fault.KindOf(err) != want || p.asked != asked || want == "" && len(data) == 0 {
			t.Errorf("%d bytes, %v, asked %d times; want %q and %d", len(data), err, p.asked, want, asked)
		}
	}
	get("", 1)
	get("", 1)
	r.Picture = "/media/recipes/new.png"
	get("", 2)
	p.data, r.Picture = []byte(strings.Repeat("x", 100)), "/media/recipes/bad.png"
	get(fault.NotFound, 3)
	get(fault.NotFound, 3)
	now = now.Add(2 * time.Hour)
	get(fault.NotFound, 4)
	p.err = fault.New(fault.NetworkError, "tandoor", "gone")
	now = now.Add(2 * time.Hour)
	get(fault.NotFound, 5)
	p.err, p.data = nil, drawn(t, 40, 30)
	now = now.Add(2 * time.Hour)
	get("", 6)
	r.Picture = ""
	get(fault.NotFound, 6)
	if _, err := s.Get(t.Context(), "home", recipe.Recipe{ID: 7, Picture: "/x"}, "huge"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a size that is none: %v", err)
	}
}
