package metrics

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// Kind is the instrument kind of a [Def].
type Kind string

// The instrument kinds in use. Gauges are observable: they are read at export.
const (
	Counter   Kind = "counter"
	Histogram Kind = "histogram"
	Gauge     Kind = "gauge"
)

// Def is one row of the catalogue.
type Def struct {
	Name string
	Kind Kind
	Unit string // UCUM, as OpenTelemetry advises
	Help string // what one data point says, with its window
	Keys []attribute.Key
	// Buckets are the upper bounds of a histogram, in its unit. Every threshold of
	// docs/thresholds.md is one of them, and there are bounds above the highest.
	Buckets []float64
	Section string // of docs/evidence/spec-coverage.md; "design" where we added the metric
	// Collector marks what the Collector makes of our spans; the program has no instrument.
	Collector bool
}

// ZeroSeries are the label sets that a counter exports at zero from the start, without
// user_id: perUser says that each user gets them. A counter with another open label has
// none.
func (d Def) ZeroSeries() (sets [][]attribute.KeyValue, perUser bool) {
	if d.Kind != Counter {
		return nil, false
	}
	sets = [][]attribute.KeyValue{nil}
	for _, k := range d.Keys {
		if k == KeyUser {
			perUser = true
			continue
		}
		var longer [][]attribute.KeyValue
		for _, s := range sets {
			for _, v := range closed(k) {
				longer = append(longer, append(slices.Clone(s), k.String(v)))
			}
		}
		sets = longer
	}
	return sets, perUser
}

// enter adds a row to the catalogue.
func enter(kind Kind, d Def, keys ...attribute.Key) Def {
	d.Kind, d.Keys = kind, keys
	Catalogue = append(Catalogue, d)
	return d
}

// label is a value of a label, of which its type is the key.
type label interface {
	~string
	key() attribute.Key
}

func keyOf[L label]() attribute.Key {
	var l L
	return l.key()
}

func pair[L label](value L) attribute.KeyValue { return value.key().String(string(value)) }

// Counter1 is a counter with one label.
type Counter1[A label] struct{ Def }

func counter1[A label](d Def) Counter1[A] { return Counter1[A]{enter(Counter, d, keyOf[A]())} }

func (c Counter1[A]) add(ctx context.Context, r *Recorder, n int64, a A) {
	r.add(ctx, c.Name, n, pair(a))
}

// Counter2 is a counter with two labels.
type Counter2[A, B label] struct{ Def }

func counter2[A, B label](d Def) Counter2[A, B] {
	return Counter2[A, B]{enter(Counter, d, keyOf[A](), keyOf[B]())}
}

func (c Counter2[A, B]) add(ctx context.Context, r *Recorder, n int64, a A, b B) {
	r.add(ctx, c.Name, n, pair(a), pair(b))
}

// Counter3 is a counter with three labels.
type Counter3[A, B, C label] struct{ Def }

func counter3[A, B, C label](d Def) Counter3[A, B, C] {
	return Counter3[A, B, C]{enter(Counter, d, keyOf[A](), keyOf[B](), keyOf[C]())}
}

func (c Counter3[A, B, C]) add(ctx context.Context, r *Recorder, n int64, a A, b B, x C) {
	r.add(ctx, c.Name, n, pair(a), pair(b), pair(x))
}

// Histogram1 is a histogram of durations with one label.
type Histogram1[A label] struct{ Def }

func histogram1[A label](d Def) Histogram1[A] { return Histogram1[A]{enter(Histogram, d, keyOf[A]())} }

func (h Histogram1[A]) record(ctx context.Context, r *Recorder, took time.Duration, a A) {
	r.record(ctx, h.Name, took, pair(a))
}

// Histogram2 is a histogram of durations with two labels.
type Histogram2[A, B label] struct{ Def }

func histogram2[A, B label](d Def) Histogram2[A, B] {
	return Histogram2[A, B]{enter(Histogram, d, keyOf[A](), keyOf[B]())}
}

func (h Histogram2[A, B]) record(ctx context.Context, r *Recorder, took time.Duration, a A, b B) {
	r.record(ctx, h.Name, took, pair(a), pair(b))
}

// AnyGauge is a gauge, whatever its labels.
type AnyGauge interface {
	String() string // its name
	row() Def
}

// gauge keeps rows of other kinds from being gauges.
type gauge struct{ Def }

func (g gauge) row() Def { return g.Def }

// String is the metric's name.
func (g gauge) String() string { return g.Name }

// Reading is one value of a gauge.
type Reading struct {
	gauge  string
	labels [3]string // in the order of the row's keys
	value  float64
}

// Of reports whether the reading is the gauge's.
func (r Reading) Of(g AnyGauge) bool { return r.gauge == g.row().Name }

// Gauge0 is a gauge without a label.
type Gauge0 struct{ gauge }

func gauge0(d Def) Gauge0 { return Gauge0{gauge{enter(Gauge, d)}} }

// At is a reading.
func (g Gauge0) At(value float64) Reading { return Reading{g.Name, [3]string{}, value} }

// Gauge1 is a gauge with one label.
type Gauge1[A label] struct{ gauge }

func gauge1[A label](d Def) Gauge1[A] { return Gauge1[A]{gauge{enter(Gauge, d, keyOf[A]())}} }

// At is a reading.
func (g Gauge1[A]) At(value float64, a A) Reading {
	return Reading{g.Name, [3]string{string(a)}, value}
}

// Each returns a reading for each value of the label that is in the map or among the others,
// which read as missing.
func (g Gauge1[A]) Each(values map[string]float64, others []string, missing float64) []Reading {
	out := make([]Reading, 0, len(values)+len(others))
	for _, l := range others {
		if _, ok := values[l]; !ok {
			out = append(out, g.At(missing, A(l)))
		}
	}
	for l, v := range values {
		out = append(out, g.At(v, A(l)))
	}
	return out
}

// Gauge2 is a gauge with two labels.
type Gauge2[A, B label] struct{ gauge }

func gauge2[A, B label](d Def) Gauge2[A, B] {
	return Gauge2[A, B]{gauge{enter(Gauge, d, keyOf[A](), keyOf[B]())}}
}

// At is a reading.
func (g Gauge2[A, B]) At(value float64, a A, b B) Reading {
	return Reading{g.Name, [3]string{string(a), string(b)}, value}
}

// Gauge3 is a gauge with three labels.
type Gauge3[A, B, C label] struct{ gauge }

func gauge3[A, B, C label](d Def) Gauge3[A, B, C] {
	return Gauge3[A, B, C]{gauge{enter(Gauge, d, keyOf[A](), keyOf[B](), keyOf[C]())}}
}

// At is a reading.
func (g Gauge3[A, B, C]) At(value float64, a A, b B, c C) Reading {
	return Reading{g.Name, [3]string{string(a), string(b), string(c)}, value}
}
