// Messages keeps the catalogues of package message in step with what the program says: it adds
// what is new, without a translation, and takes away what is said no longer.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leonelquinteros/gotext"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// catalogues is where they are.
const catalogues = "pkg/domain/message/data"

func run(root string) error {
	said, err := extract(root)
	if err != nil {
		return err
	}
	said.words()
	files, err := filepath.Glob(filepath.Join(root, catalogues, "*.po"))
	if err != nil {
		return err
	}
	for _, file := range files {
		c, err := read(file)
		if err != nil {
			return err
		}
		missing, unused := c.compare(said)
		if err := os.WriteFile(file, []byte(c.write(said)), 0o644); err != nil { //nolint:gosec // a source file
			return err
		}
		fmt.Printf("%s: %d messages, %d to translate, %d taken away\n", filepath.Base(file), len(said), len(missing), len(unused))
	}
	return nil
}

// catalogue is a file of translations.
type catalogue struct {
	head  string
	texts map[id][]string // by plural form
}

func read(file string) (catalogue, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return catalogue{}, err
	}
	po := gotext.NewPo()
	po.Parse(content)
	head, _, _ := strings.Cut(string(content), "\n\n")
	c := catalogue{head, map[id][]string{}}
	for context, list := range po.GetDomain().GetCtxTranslations() {
		for _, t := range list {
			c.take(context, t)
		}
	}
	for _, t := range po.GetDomain().GetTranslations() {
		c.take("", t)
	}
	return c, nil
}

func (c catalogue) take(context string, t *gotext.Translation) {
	if t.ID == "" {
		return
	}
	forms := make([]string, len(t.Trs))
	for i := range forms {
		forms[i] = t.Trs[i]
	}
	c.texts[id{context, t.ID, t.PluralID}] = forms
}

// compare lists what the catalogue has no translation of, or not as many forms as it has plurals,
// and what it has and nobody says.
func (c catalogue) compare(said found) (missing, unused []id) {
	plurals := c.plurals()
	for m := range said {
		want := 1
		if m.many != "" {
			want = plurals
		}
		if t := c.texts[m]; len(t) != want || slices.Contains(t, "") {
			missing = append(missing, m)
		}
	}
	for m := range c.texts {
		if said[m] == nil {
			unused = append(unused, m)
		}
	}
	return missing, unused
}

var nplurals = regexp.MustCompile(`nplurals=(\d)`)

func (c catalogue) plurals() int {
	m := nplurals.FindStringSubmatch(c.head)
	if m == nil {
		return 1
	}
	n, _ := strconv.Atoi(m[1]) // one digit
	return n
}

// write is the file with all that is said.
func (c catalogue) write(said found) string {
	var b strings.Builder
	b.WriteString(c.head + "\n")
	for _, m := range sorted(said) {
		b.WriteString("\n")
		for _, file := range said[m] {
			b.WriteString("#: " + file + "\n")
		}
		if m.context != "" {
			b.WriteString("msgctxt " + strconv.Quote(m.context) + "\n")
		}
		b.WriteString("msgid " + quote(m.one) + "\n")
		t := c.texts[m]
		if m.many == "" {
			text := ""
			if len(t) > 0 {
				text = t[0]
			}
			b.WriteString("msgstr " + quote(text) + "\n")
			continue
		}
		b.WriteString("msgid_plural " + quote(m.many) + "\n")
		for i := range c.plurals() {
			text := ""
			if i < len(t) {
				text = t[i]
			}
			fmt.Fprintf(&b, "msgstr[%d] %s\n", i, quote(text))
		}
	}
	return b.String()
}

// quote is a string as PO files have it: what is no ASCII stays as it is.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
