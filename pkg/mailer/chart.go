package mailer

import (
	"strconv"

	"github.com/go-analyze/charts"

	"github.com/mealplanner/mealplanner/pkg/insight"
)

// The chart is drawn at twice the size at which the mail shows it.
const (
	chartWidth  = 1184
	chartHeight = 640
	chartFont   = 22 // 11 px
)

// weeklyChart draws the weeks' averages in per cent of the target, week by week for each
// nutrient, as a PNG on a white plate. A week without a log has no bar.
func weeklyChart(weeks []insight.Week) ([]byte, error) {
	ink := charts.ColorFromHex("#1d2520")
	theme := charts.MakeTheme(charts.ThemeOption{
		BackgroundColor: charts.ColorWhite, TextColor: ink,
		AxisStrokeColor: charts.ColorFromHex("#56615a"), AxisSplitLineColor: charts.ColorFromHex("#dde4df"),
		SeriesColors: []charts.Color{
			charts.ColorFromHex("#b7dfc8"), charts.ColorFromHex("#7cc39b"), charts.ColorFromHex("#3f9a69"), charts.ColorFromHex("#1b6b3f"),
			charts.ColorFromHex("#3d4580"),
		},
	})
	nutrients := []insight.Nutrient{insight.Energy, insight.Protein, insight.Fat, insight.Carbs}
	font := charts.FontStyle{FontSize: chartFont, FontColor: ink}
	values := make([][]float64, 0, len(weeks)+1)
	var names, categories []string
	for _, w := range weeks {
		bars := make([]float64, len(nutrients))
		for _, n := range nutrients {
			bars[n] = charts.GetNullValue()
			if w.Average != nil && w.Average[n].Target > 0 {
				bars[n] = percent(w.Average[n])
			}
		}
		values, names = append(values, bars), append(names, shortDate(w.First))
	}
	target := make([]float64, len(nutrients))
	for _, n := range nutrients {
		target[n] = 100
		categories = append(categories, capital(n.String()))
	}
	opt := charts.NewBarChartOptionWithData(append(values, target))
	for i := range opt.SeriesList {
		opt.SeriesList[i].Label = charts.SeriesLabel{
			Show: new(i < len(weeks)), FontStyle: charts.FontStyle{FontSize: chartFont - 4, FontColor: ink},
			ValueFormatter: func(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) },
		}
	}
	opt.Theme = theme
	opt.Padding = charts.NewBox(16, 16, 24, 16)
	opt.Title = charts.TitleOption{Text: "Weekly average, % of target", FontStyle: font}
	opt.Legend = charts.LegendOption{SeriesNames: append(names, "target"), FontStyle: font, Offset: charts.OffsetStr{Left: charts.PositionRight}}
	opt.CategoryAxis.Labels, opt.CategoryAxis.LabelFontStyle = categories, font
	opt.ValueAxis = []charts.ValueAxisOption{{Min: new(0.0), LabelFontStyle: font, ValueFormatter: func(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) + " %" }}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: chartWidth, Height: chartHeight, Theme: theme})
	if err := p.BarChart(opt); err != nil {
		return nil, err
	}
	return p.Bytes()
}

func percent(r insight.Row) float64 { return 100 * r.Actual.Float() / r.Target.Float() }
