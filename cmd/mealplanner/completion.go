package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/ops/mitigate"
)

//go:embed completion
var completionScripts embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script that makes the shell ask completeCmd.
func (c *completionCmd) Run(std *streams) error {
	script, err := completionScripts.ReadFile("completion/" + c.Shell)
	if err != nil {
		return fault.Wrap(fault.Internal, "completion", err)
	}
	_, err = std.out.Write(script)
	return err
}

// completeCmd is what the scripts call: the words so far, the last of which is being
// written.
type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last word can become: one candidate to a line, a tab, and what it is.
func (c *completeCmd) Run(std *streams) error { //nolint:unparam // kong wants an error
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	grammarOf := words
	if len(words) < 2 {
		grammarOf = []string{"--help"}
	}
	for _, k := range complete(newParser(*std, grammarOf).Model, words) {
		fmt.Fprintf(std.out, "%s\t%s\n", k.word, k.help)
	}
	return nil
}

type candidate struct{ word, help string }

func complete(app *kong.Application, words []string) []candidate {
	last, words := lastWord(words)
	node := app.Node
	var waiting *kong.Flag // for its value
	for _, w := range words {
		if waiting != nil {
			waiting = nil
			continue
		}
		if strings.HasPrefix(w, "-") {
			name, _, given := strings.Cut(w, "=")
			if f := findFlag(app, node, name); f != nil && !f.IsBool() && !f.IsCounter() && !given {
				waiting = f
			}
			continue
		}
		for _, child := range node.Children {
			if child.Name == w || slices.Contains(child.Aliases, w) {
				node = child
				break
			}
		}
	}
	var out []candidate
	switch {
	case waiting != nil:
		out = values(waiting)
	case strings.HasPrefix(last, "-"):
		name, _, given := strings.Cut(last, "=")
		if f := findFlag(app, node, name); given && f != nil {
			for _, v := range values(f) {
				out = append(out, candidate{name + "=" + v.word, v.help})
			}
			break
		}
		out = flags(app, node, last)
	case len(node.Children) > 0:
		for _, n := range node.Children {
			if !n.Hidden {
				out = append(out, candidate{n.Name, n.Help})
			}
		}
	default:
		out = arguments(node)
	}
	return slices.DeleteFunc(out, func(k candidate) bool { return !strings.HasPrefix(k.word, last) })
}

// lastWord is the word that is being written; bash makes a word of each = .
func lastWord(words []string) (last string, before []string) {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" })
	if len(words) == 0 {
		return "", nil
	}
	return words[len(words)-1], words[:len(words)-1]
}

// flags are those of a command; the shared settings only once part of a name is there.
func flags(app *kong.Application, n *kong.Node, last string) []candidate {
	all := slices.Concat(n.Flags, app.Flags)
	if len(strings.TrimLeft(last, "-")) == 0 {
		shared := settingsOf(n)
		all = slices.DeleteFunc(all, func(f *kong.Flag) bool { return slices.Contains(shared, f) })
	}
	var out []candidate
	for _, f := range all {
		out = append(out, candidate{"--" + f.Name, f.Help})
		if f.Tag.Negatable != "" {
			out = append(out, candidate{"--no-" + f.Name, f.Help})
		}
	}
	return out
}

func findFlag(app *kong.Application, n *kong.Node, word string) *kong.Flag {
	name := strings.TrimLeft(word, "-")
	for _, f := range slices.Concat(n.Flags, app.Flags) {
		if f.Name == name || len(name) == 1 && f.Short == rune(name[0]) {
			return f
		}
	}
	return nil
}

// values are those that a flag takes, where they can be counted.
func values(f *kong.Flag) []candidate {
	if f.Name == "type" && f.Enum == "" {
		var out []candidate
		for _, t := range schedule.Types {
			out = append(out, candidate{string(t), "job type"})
		}
		return out
	}
	return ofEnum(f.Value)
}

func ofEnum(v *kong.Value) []candidate {
	var out []candidate
	for _, e := range v.EnumSlice() {
		if e != "" {
			out = append(out, candidate{e, ""})
		}
	}
	return out
}

// arguments are those of a command, where they can be counted.
func arguments(n *kong.Node) []candidate {
	var out []candidate
	switch pathOf(n) {
	case "drill":
		for _, d := range drill.Drills {
			out = append(out, candidate{d.Name(), d.Fault})
		}
	case "mitigate":
		for _, m := range mitigate.Measures {
			out = append(out, candidate{m.Name, m.Help})
		}
	case "diagnose":
		files, _ := runbooks.Files.ReadDir(".") // embedded
		for _, f := range files {
			if name, ok := strings.CutSuffix(f.Name(), ".md"); ok && name != "README" {
				out = append(out, candidate{name, "runbook"})
			}
		}
	default:
		if len(n.Positional) > 0 {
			return ofEnum(n.Positional[0])
		}
	}
	return out
}
