package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// columns is the width of Grafana's grid.
const columns = 24

// CheckStructure returns what is wrong in everything but the queries' contents.
func CheckStructure(all []Dashboard, sources map[string]Source, migrations string) []string {
	var bad []string
	for _, s := range sources {
		for _, to := range s.Links {
			if _, ok := sources[to]; !ok {
				bad = append(bad, fmt.Sprintf("data source %s: leads to %q, which does not exist", s.UID, to))
			}
		}
	}
	uids := map[string]bool{}
	for _, d := range all {
		say := func(format string, args ...any) { bad = append(bad, d.UID+": "+fmt.Sprintf(format, args...)) }
		if uids[d.UID] {
			say("uid used twice")
		}
		uids[d.UID] = true
		if !bytes.Equal(d.raw, formatted(d.raw)) {
			say("not formatted: two spaces, one value a line")
		}
		for _, l := range d.Links {
			if l.Type != "dashboards" || !slices.Equal(l.Tags, d.Tags) {
				say("the link does not lead to its sisters")
			}
		}
		if len(d.Links) == 0 {
			say("no link to its sisters")
		}
		if note := fmt.Sprintf("Version %d: ", d.Version); d.Version < 1 || !strings.Contains(d.Description, note) {
			say("the description does not say what is new: %s...", note)
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" && sources[d.uid(v.Datasource)].Type != v.Datasource.Type {
				say("variable %s: no data source %v", v.Name, v.Datasource)
			}
			if v.Type == "query" {
				if err := v.checkQuery(); err != nil {
					say("variable %s: %s", v.Name, err)
				}
			}
			if v.Type == "datasource" {
				if uid, _ := v.Current.Value.(string); string(v.Query) != `"`+sources[uid].Type+`"` {
					say("variable %s: %q is no data source of type %s", v.Name, uid, v.Query)
				}
			}
			if !bytes.Contains(d.raw, []byte("$"+v.Name)) && !bytes.Contains(d.raw, []byte("${"+v.Name)) {
				say("variable %s is not used", v.Name)
			}
		}
		for _, f := range d.panels(sources, migrations) {
			say("%s", f)
		}
	}
	return bad
}

func (d Dashboard) panels(sources map[string]Source, migrations string) []string {
	var bad []string
	ids := map[int]bool{}
	for i, p := range d.Panels {
		say := func(format string, args ...any) {
			bad = append(bad, fmt.Sprintf("panel %d %q: ", p.ID, p.Title)+fmt.Sprintf(format, args...))
		}
		if ids[p.ID] || p.ID < 1 {
			say("id missing or used twice")
		}
		ids[p.ID] = true
		if p.Title == "" || p.Description == "" {
			say("needs a title and a description")
		}
		g := p.GridPos
		if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > columns {
			say("outside the grid")
		}
		for _, other := range d.Panels[:i] {
			o := other.GridPos
			if g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H {
				say("covers %q", other.Title)
			}
		}
		if s, ok := sources[d.uid(p.Datasource)]; !ok || s.Type != p.Datasource.Type {
			say("no variable's data source is %v", p.Datasource)
		}
		if len(p.Targets) == 0 {
			say("asks nothing")
		}
		links, err := p.links()
		if err != nil {
			say("links: %s", err)
		}
		for _, l := range links {
			if err := d.checkLink(l, sources); err != nil {
				say("link %q: %s", l.Title, err)
			}
		}
		refs := map[string]bool{}
		for i, t := range p.Targets {
			if t.Exemplar && i > 0 {
				say("target %s: Grafana shows exemplars of the first target only", t.RefID)
			}
			if p.Type != "timeseries" && p.Type != "heatmap" && strings.Count(t.Expr, "histogram_quantile(") > strings.Count(t.Expr, " >= 0") {
				say("target %s: NaN is shown while nothing is measured; say >= 0", t.RefID)
			}
			if refs[t.RefID] || t.Query() == "" {
				say("target %q: used twice, or without a query", t.RefID)
			}
			refs[t.RefID] = true
			for _, v := range view.FindAllString(t.RawSQL, -1) {
				if !strings.Contains(migrations, "create view "+v+" ") {
					say("no migration makes %s", v)
				}
			}
		}
	}
	return bad
}

var labelValues = regexp.MustCompile(`^label_values\((\w+)(?:\{.*\})?, (\w+)\)$`)

// checkQuery refuses values of a label that the metric does not have.
func (v Variable) checkQuery() error {
	var q struct{ Query string }
	if err := json.Unmarshal(v.Query, &q); err != nil {
		return err
	}
	m := labelValues.FindStringSubmatch(q.Query)
	if m == nil {
		return fmt.Errorf("not a query for the values of a label: %s", q.Query)
	}
	d, ok := lookup(m[1])
	if !ok {
		return fmt.Errorf("no metric %s", m[1])
	}
	if !slices.Contains(everywhere, m[2]) && !slices.Contains(d.Keys, attribute.Key(m[2])) {
		return fmt.Errorf("%s has no label %s", m[1], m[2])
	}
	return nil
}

var braced = regexp.MustCompile(`\$\{(\w+)(\.[^}]*)?\}`)

// checkLink refuses links of variables that are not there, and what Explore could not ask.
func (d Dashboard) checkLink(l Link, sources map[string]Source) error {
	var unknown error
	text := braced.ReplaceAllStringFunc(l.URL, func(v string) string {
		name := braced.FindStringSubmatch(v)[1]
		i := slices.IndexFunc(d.Templating.List, func(v Variable) bool { return v.Name == name })
		switch {
		case i >= 0:
			value, _ := d.Templating.List[i].Current.Value.(string)
			return value
		case !slices.Contains([]string{"__field", "__data", "__from", "__to"}, name):
			unknown = fmt.Errorf("no variable %s", v)
		}
		return "x" // of a row
	})
	u, err := url.Parse(text)
	if unknown != nil || err != nil {
		return errors.Join(unknown, err)
	}
	if l.Title == "" {
		return errors.New("it has no title")
	}
	if u.Path != "/explore" {
		return nil
	}
	var panes map[string]struct {
		Datasource string
		Queries    []struct {
			Datasource  Ref
			Expr, Query string
		}
		Range struct{ From, To string }
	}
	if err := json.Unmarshal([]byte(u.Query().Get("panes")), &panes); err != nil {
		return fmt.Errorf("panes: %w", err)
	}
	for _, p := range panes {
		if len(p.Queries) != 1 || p.Range.From == "" || p.Range.To == "" {
			return errors.New("a pane needs one query and a range")
		}
		q := p.Queries[0]
		if s := sources[p.Datasource]; s.UID == "" || s.UID != q.Datasource.UID || s.Type != q.Datasource.Type {
			return fmt.Errorf("no data source %q, or another one's query", p.Datasource)
		}
		if q.Datasource.Type == "loki" {
			if err := checkLogQL(q.Expr); err != nil {
				return err
			}
		}
	}
	return nil
}

var view = regexp.MustCompile(`grafana\.\w+`)

// formatted returns the JSON as jq writes it.
func formatted(raw []byte) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(raw), "", "  "); err != nil {
		return nil
	}
	return append(b.Bytes(), '\n')
}
