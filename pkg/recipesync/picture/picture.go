// Package picture keeps the pictures of recipes in the sizes that pages show. They are fetched
// from the library when they are first asked for, never linked: pages work without it, and it
// learns nothing of their readers.
package picture

import (
	"bytes"
	"context"
	"image"
	_ "image/gif" // decodes
	"image/jpeg"
	_ "image/png" // decodes
	"sync"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // decodes
	"golang.org/x/sync/singleflight"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Size is one of those that pages show. All are 4 to 3.
type Size string

// The sizes.
const (
	Small Size = "small" // 160 x 120 pixels
	Large Size = "large" // 640 x 480
)

var widths = map[Size]int{Small: 160, Large: 640}

// Kept is a picture as it is stored; both sizes are empty where the library had none that could be
// read.
type Kept struct {
	Source       string // its path in the library when it was fetched
	Small, Large []byte // JPEG
	At           time.Time
}

// Store keeps pictures.
type Store interface {
	// Picture returns the zero Kept for one that was never asked for.
	Picture(ctx context.Context, connection string, id recipe.ID) (Kept, error)
	KeepPicture(ctx context.Context, connection string, id recipe.ID, k Kept) error
}

// Library fetches a picture by its path.
type Library interface {
	Picture(ctx context.Context, connection, path string) ([]byte, error)
}

// Limits.
const (
	maxPixels  = 16_000_000 // of a picture that is decoded, one at a time: a pixel may take 12 bytes
	fetching   = 4          // at a time
	retryAfter = time.Hour  // what could not be read is asked for again
	quality    = 70         // of the JPEGs
	within     = 20 * time.Second
	storing    = 5 * time.Second
)

// Service is the use case.
type Service struct {
	store   Store
	library Library
	now     func() time.Time
	asked   singleflight.Group
	turns   chan struct{}
	scaling sync.Mutex
}

// New returns the use case on its ports.
func New(s Store, l Library, now func() time.Time) *Service {
	return &Service{store: s, library: l, now: now, turns: make(chan struct{}, fetching)}
}

// Get returns a recipe's picture as JPEG. Kind NotFound if it has none, or none that can be read;
// those of the store.
func (s *Service) Get(ctx context.Context, connection string, r recipe.Recipe, size Size) ([]byte, error) {
	none := fault.New(fault.NotFound, "picture", "there is no picture of recipe %d", r.ID)
	if r.Picture == "" || widths[size] == 0 {
		return nil, none
	}
	k, err := s.store.Picture(ctx, connection, r.ID)
	if err != nil {
		return nil, err
	}
	if k.Source != r.Picture || k.Small == nil && s.now().Sub(k.At) > retryAfter {
		kept, err, _ := s.asked.Do(connection+" "+r.Picture, func() (any, error) { return s.fetch(ctx, connection, r) })
		if err != nil {
			return nil, err
		}
		k = kept.(Kept)
	}
	out := map[Size][]byte{Small: k.Small, Large: k.Large}[size]
	if len(out) == 0 {
		return nil, none
	}
	return out, nil
}

// fetch asks the library, whoever else waits for it, and keeps what it answers.
func (s *Service) fetch(ctx context.Context, connection string, r recipe.Recipe) (Kept, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return Kept{}, fault.Wrap(fault.TimeoutError, "picture", ctx.Err())
	}
	k := Kept{Source: r.Picture, At: s.now()}
	data, err := s.library.Picture(ctx, connection, r.Picture)
	if err == nil {
		if k.Small, k.Large, err = s.scale(data); err != nil {
			k.Small, k.Large = nil, nil
		}
	}
	if fault.KindOf(err) == fault.Canceled {
		return k, err
	}
	ctx, kept := context.WithTimeout(context.WithoutCancel(ctx), storing) // the library may have taken all the time
	defer kept()
	return k, s.store.KeepPicture(ctx, connection, r.ID, k)
}

// Scale makes both sizes of a JPEG, PNG, GIF or WebP: the middle of it, 4 to 3. Kind InvalidInput
// for what is none of these, or too large.
func Scale(data []byte) (small, large []byte, err error) {
	const op = "picture"
	about, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, nil, fault.Wrap(fault.InvalidInput, op, err)
	}
	if about.Width < 1 || about.Height < 1 || about.Width > maxPixels/about.Height {
		return nil, nil, fault.New(fault.InvalidInput, op, "%d x %d pixels are more than are decoded", about.Width, about.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, nil, fault.Wrap(fault.InvalidInput, op, err)
	}
	if large, err = scaled(img, widths[Large]); err != nil {
		return nil, nil, err
	}
	small, err = scaled(img, widths[Small])
	return small, large, err
}

func scaled(img image.Image, width int) ([]byte, error) {
	out := image.NewRGBA(image.Rect(0, 0, width, width*3/4))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src) // below what is transparent
	draw.BiLinear.Scale(out, out.Bounds(), img, middle(img.Bounds()), draw.Over, nil)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fault.Wrap(fault.Internal, "picture", err)
	}
	return b.Bytes(), nil
}

// middle is the largest part of a picture that is 4 to 3, around its centre.
func middle(r image.Rectangle) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	if w*3 > h*4 {
		w = max(1, h*4/3)
	} else {
		h = max(1, w*3/4)
	}
	at := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{at, at.Add(image.Pt(w, h))}
}

// scale makes both sizes of a picture, one at a time; what breaks the decoder is no picture.
func (s *Service) scale(data []byte) (small, large []byte, err error) {
	s.scaling.Lock()
	defer s.scaling.Unlock()
	defer fault.Recover("picture", &err)
	return Scale(data)
}
