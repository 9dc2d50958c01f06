package mailer

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// The chart is drawn at twice the size at which the mail shows it.
const (
	chartWidth, chartHeight = 1184, 640
	chartFont, chartSmall   = 24, 20 // 12 and 10 px
	chartMargin             = 24
)

// plot is where the bars stand.
var plot = image.Rect(104, 88, chartWidth-chartMargin, chartHeight-64)

var (
	chartInk      = color.RGBA{0x1d, 0x25, 0x20, 0xff}
	chartLine     = color.RGBA{0xdd, 0xe4, 0xdf, 0xff}
	chartTarget   = color.RGBA{0x3d, 0x45, 0x80, 0xff}
	chartWeeks    = []color.RGBA{{0xb7, 0xdf, 0xc8, 0xff}, {0x7c, 0xc3, 0x9b, 0xff}, {0x3f, 0x9a, 0x69, 0xff}, {0x1b, 0x6b, 0x3f, 0xff}}
	chartTypeface = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })
)

// bars are one series: a name, a colour, and a value in per cent for each nutrient, NaN where there is none.
type bars struct {
	name   string
	color  color.RGBA
	values []float64
	label  bool
}

// weeklyChart draws the averages of the last four of the weeks in per cent of the target, week by
// week for each nutrient, as a PNG on a white plate. A week without a log has no bar.
func weeklyChart(l message.Language, weeks []insight.Week) ([]byte, error) {
	nutrients := []insight.Nutrient{insight.Energy, insight.Protein, insight.Fat, insight.Carbs}
	weeks = weeks[max(0, len(weeks)-len(chartWeeks)):]
	series := make([]bars, 0, len(weeks)+1)
	highest := 100.0
	for i, w := range weeks {
		s := bars{name: l.ShortDate(w.First), color: chartWeeks[len(chartWeeks)-len(weeks)+i], values: make([]float64, len(nutrients)), label: true}
		for j, n := range nutrients {
			s.values[j] = math.NaN()
			if w.Average != nil && w.Average[n].Target > 0 {
				s.values[j] = percent(w.Average[n])
				highest = max(highest, s.values[j])
			}
		}
		series = append(series, s)
	}
	series = append(series, bars{name: l.Say("target"), color: chartTarget, values: []float64{100, 100, 100, 100}})

	c, err := newCanvas()
	if err != nil {
		return nil, err
	}
	c.text(c.normal, l.Say("Weekly average, % of target"), chartMargin, 48)
	c.legend(series)
	step := axisStep(highest)
	top := step * math.Ceil(highest/step)
	height := func(percent float64) int { return int(math.Round(percent / top * float64(plot.Dy()))) }
	for p := 0.0; p <= top; p += step {
		y := plot.Max.Y - height(p)
		c.fill(image.Rect(plot.Min.X, y-1, plot.Max.X, y+1), chartLine)
		label := strconv.FormatFloat(p, 'f', 0, 64) + " %"
		c.text(c.normal, label, plot.Min.X-16-c.width(c.normal, label), y+8)
	}
	group := plot.Dx() / len(nutrients)
	bar := (group - 2*chartMargin) / (len(chartWeeks) + 1)
	for j, n := range nutrients {
		left := plot.Min.X + j*group + (group-bar*len(series))/2
		for i, s := range series {
			if math.IsNaN(s.values[j]) {
				continue
			}
			box := image.Rect(left+i*bar+2, plot.Max.Y-height(s.values[j]), left+(i+1)*bar-2, plot.Max.Y)
			c.fill(box, s.color)
			if s.label {
				c.centred(c.small, strconv.FormatFloat(s.values[j], 'f', 0, 64), (box.Min.X+box.Max.X)/2, box.Min.Y-8)
			}
		}
		c.centred(c.normal, message.Capital(l.Word(n.String())), plot.Min.X+j*group+group/2, chartHeight-chartMargin)
	}
	var out bytes.Buffer
	err = png.Encode(&out, c.img)
	return out.Bytes(), err
}

// axisStep is the distance of the axis' lines: 1, 2 or 5 times a power of ten, at most eight to the highest value.
func axisStep(highest float64) float64 {
	for step := 10.0; ; step *= 10 {
		for _, f := range []float64{1, 2, 5} {
			if highest <= 8*f*step {
				return f * step
			}
		}
	}
}

func percent(r insight.Row) float64 { return 100 * r.Actual.Float() / r.Target.Float() }

// canvas is a white plate that is written and painted on.
type canvas struct {
	img           *image.RGBA
	normal, small font.Face
}

func newCanvas() (*canvas, error) {
	f, err := chartTypeface()
	if err != nil {
		return nil, fmt.Errorf("parse the font: %w", err)
	}
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, chartWidth, chartHeight))}
	if c.normal, err = opentype.NewFace(f, &opentype.FaceOptions{Size: chartFont, DPI: 72, Hinting: font.HintingFull}); err != nil {
		return nil, err
	}
	if c.small, err = opentype.NewFace(f, &opentype.FaceOptions{Size: chartSmall, DPI: 72, Hinting: font.HintingFull}); err != nil {
		return nil, err
	}
	c.fill(c.img.Bounds(), color.RGBA{0xff, 0xff, 0xff, 0xff})
	return c, nil
}

func (c *canvas) fill(r image.Rectangle, k color.Color) {
	draw.Draw(c.img, r, image.NewUniform(k), image.Point{}, draw.Src)
}

// text writes s with its base line's left end at x, y.
func (c *canvas) text(face font.Face, s string, x, y int) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(chartInk), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

func (c *canvas) centred(face font.Face, s string, x, y int) {
	c.text(face, s, x-c.width(face, s)/2, y)
}

func (c *canvas) width(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }

// legend names the series in the upper right corner.
func (c *canvas) legend(series []bars) {
	const swatch, gap = 24, 12
	x := chartWidth - chartMargin + gap
	for _, s := range series {
		x -= swatch + 2*gap + c.width(c.normal, s.name)
	}
	for _, s := range series {
		c.fill(image.Rect(x, 30, x+swatch, 48), s.color)
		c.text(c.normal, s.name, x+swatch+gap/2, 48)
		x += swatch + 2*gap + c.width(c.normal, s.name)
	}
}
