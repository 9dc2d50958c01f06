package quotation_test

import (
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read knows one verb: DO something.
func read(line string) quotation.Reading {
	switch verb, rest, _ := strings.Cut(line, " "); {
	case verb == "DO" && rest != "":
		return quotation.Command
	case verb == "DO":
		return quotation.Attempt
	default:
		return quotation.Prose
	}
}

const sent = `The plan of your week is ready and all of it is on target.
Monday
  Dinner: Slow roasted aubergine with rice
  g
  Di
To change something reply "DO this" or "DO that other thing", whichever you like best.
You get this because you have a plan here, 2,003 kcal.`

var known = quotation.Original{Sent: quotation.Of(sent), Addresses: []string{"plan@example.org", "plan+abc@example.org"}}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, above string
		below       []string
		strange     bool // the answered mail is not known
	}{
		"nothing quoted":               {text: "DO this\nthanks", above: "DO this\nthanks"},
		"unmarked":                     {text: "DO this\n\n" + sent, above: "DO this"},
		"a copy of what we propose":    {text: "DO this\nDO that other thing\n\n" + sent, above: "DO this\nDO that other thing"},
		"a dish named above":           {text: "Slow roasted aubergine with rice was nice\nDO this\n\n" + sent, above: "Slow roasted aubergine with rice was nice\nDO this"},
		"a piece of a sentence":        {text: "To change something reply\nDO this or\nDO that other thing\nwhichever you like best.", above: ""},
		"our address":                  {text: "DO this\nxyz 1 <plan+q7@Example.ORG> pqr\nDO that", above: "DO this", below: []string{"DO that"}},
		"our address, unknown":         {text: "DO this\nxyz 1 <plan@example.org> pqr\nDO that", above: "DO this", below: []string{"DO that"}, strange: true},
		"an address like ours":         {text: "write to myplan@example.org.evil\nDO this", above: "write to myplan@example.org.evil\nDO this"},
		"fields":                       {text: "DO this\n\nЯ: x\nЫ: y\nЪ: z\n\nDO that", above: "DO this", strange: true},
		"two fields are none":          {text: "Mon: x\nTue: y\nDO that", above: "Mon: x\nTue: y\nDO that"},
		"below":                        {text: sent + "\n\nDO this", below: []string{"DO this"}},
		"tried below":                  {text: sent + "\n\nDO", below: []string{"DO"}},
		"inside":                       {text: "DO this\n> " + strings.ReplaceAll(sent, "\nMonday", "\n\nnot at home on that day\n\n> Monday"), above: "DO this", below: []string{"not at home on that day"}},
		"an unknown signature":         {text: "DO this\n\n" + sent + "\n\nLewis Example\nSome Company", above: "DO this"},
		"initials below":               {text: "DO this\n\n" + sent + "\n\nAA\nG\u2de0", above: "DO this"},
		"a name like a day of ours":    {text: "DO this\n\n" + sent + "\nDi\n\nCA\nDi", above: "DO this"},
		"a signature above":            {text: "DO this\n-- \nLewis\nDO that\n\n" + sent, above: "DO this"},
		"separator in any language":    {text: "DO this\n-----Alkuperäinen viesti-----\nDO that", above: "DO this", strange: true},
		"bold is no separator":         {text: "**DO this**", above: "**DO this**"},
		"marked, unknown":              {text: "DO this\n> DO that\nDO a third thing", above: "DO this", below: []string{"DO a third thing"}, strange: true},
		"marked prose inside, unknown": {text: "DO this\n> DO that\nwrapped rest\n> more", above: "DO this", strange: true},
		"no breaks":                    {text: "DO this\n" + strings.ReplaceAll(sent, " ", "\u00a0"), above: "DO this"},
		"another width and marks":      {text: "DO this\n| The plan of your week is\n| ready and all of it is on\n| target. Monday Dinner", above: "DO this"},
	} {
		o := known
		if c.strange {
			o.Sent = nil
		}
		got := quotation.Split(strings.ReplaceAll(c.text, "\n", "\r\n"), o, read)
		if got.Above != c.above || !slices.Equal(got.Below, c.below) {
			t.Errorf("%s: got %q and below %q, want %q and %q", name, got.Above, got.Below, c.above, c.below)
		}
	}
}

// What is stored reads back, has no word with a digit in it, and is the same for a text
// without its figures.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	f := quotation.Of(sent)
	if got := quotation.FromBytes(f.Bytes()); !slices.Equal(got, f) {
		t.Errorf("%d hashes became %d", len(f), len(got))
	}
	if !slices.Equal(f, quotation.Of(strings.ReplaceAll(sent, "2,003", "1,785"))) {
		t.Error("a figure is in the fingerprint")
	}
	if slices.Equal(f, quotation.Of(strings.ReplaceAll(sent, "aubergine", "courgette"))) {
		t.Error("a word is not in the fingerprint")
	}
	if got := quotation.FromBytes([]byte{1, 2, 3}); len(got) != 0 {
		t.Errorf("three bytes are %v", got)
	}
}

// What a template fills in is not known of it; its own lines and sentences are.
func TestFixedWords(t *testing.T) {
	t.Parallel()
	o := quotation.Original{Fixed: quotation.OfTemplate(`<p>{{.A}} of {{.B}}</p><td>You get this mail because you {{if .C}}have a plan{{end}}</td><style>DO this and that thing</style>`)}
	if got := quotation.Split("of\nDO this", o, read).Above; got != "of\nDO this" {
		t.Errorf("a piece of a line is taken for a line: %q", got)
	}
	o.Fixed = o.Fixed.And(quotation.OfTemplate("These mails can be ended here at any time: {{.URL}}"))
	if got := quotation.Split("These mails can be ended here at any time: x\nDO this", o, read); got.Above != "" {
		t.Errorf("a sentence of a template is read: %+v", got)
	}
}

// Fingerprints are stored: what a hash is may not change, which is FNV-1a.
func TestStoredFingerprintsStayValid(t *testing.T) {
	t.Parallel()
	sum := func(words ...string) uint32 {
		h := fnv.New32a()
		for _, w := range words {
			h.Write([]byte(w + "\x00"))
		}
		return h.Sum32()
	}
	got := quotation.Of("Über die Soße. Café, Äpfel!\nMonday\n")
	words := []string{"über", "die", "soße", "café", "äpfel", "monday"}
	want := []uint32{sum("\n", "monday", "\n")}
	for i, w := range words {
		want = append(want, sum(" ", w))
		if i+4 <= len(words) {
			want = append(want, sum(words[i:i+4]...))
		}
	}
	slices.Sort(want)
	if !slices.Equal([]uint32(got), want) {
		t.Errorf("%d, want %d", got, want)
	}
}
