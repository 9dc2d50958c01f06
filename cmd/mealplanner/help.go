package main

import (
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// settingsOf are the flags of a command that others share.
func settingsOf(n *kong.Node) []*kong.Flag {
	variables := settingVariables()
	return slices.DeleteFunc(slices.Clone(n.Flags), func(f *kong.Flag) bool {
		return len(f.Envs) == 0 || variables[f.Name] != f.Envs[0]
	})
}

func serveOf(app *kong.Application) *kong.Node {
	return app.Children[slices.IndexFunc(app.Children, func(n *kong.Node) bool { return n.Name == "serve" })]
}

// pathOf are the words of a command.
func pathOf(n *kong.Node) string {
	if n.Parent == nil || n.Parent.Type != kong.CommandNode {
		return n.Name
	}
	return pathOf(n.Parent) + " " + n.Name
}

// printHelp is kong's help without the shared settings, and with examples.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Selected()
	var shared []*kong.Flag
	if node != nil {
		shared = settingsOf(node)
	}
	if node != nil {
		for _, f := range slices.Concat(shared, ctx.Model.Flags) {
			f.Hidden = f.Name != "help"
		}
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if node == nil {
		return nil
	}
	if len(shared) > 0 {
		printf(ctx.Stdout, "\nAnd %d settings, as environment variables or flags: --help-settings shows them.\n", len(shared))
	}
	if lines := examples[pathOf(node)]; len(lines) > 0 {
		printf(ctx.Stdout, "\nExamples:\n")
		for _, l := range lines {
			printf(ctx.Stdout, "  %s\n", l)
		}
	}
	return nil
}

// helpSettings is the flag that shows the settings.
type helpSettings bool

// BeforeReset implements kong's hook: it prints the settings that the command takes.
func (helpSettings) BeforeReset(ctx *kong.Context) error { //nolint:unparam // kong wants an error
	node := ctx.Selected()
	if node == nil {
		node = serveOf(ctx.Model)
	}
	printSettings(ctx.Stdout, node, settingsOf(node))
	ctx.Exit(0)
	return nil
}

func printSettings(w io.Writer, node *kong.Node, flags []*kong.Flag) {
	if len(flags) == 0 {
		printf(w, "mealplanner %s takes no settings.\n", pathOf(node))
		return
	}
	group := ""
	for _, f := range flags {
		if f.Group != nil && f.Group.Title != group {
			group = f.Group.Title
			printf(w, "\n%s\n", group)
		}
		value := ""
		if f.Default != "" {
			value = "=" + f.Default
		}
		printf(w, "  %s%s  (--%s)\n      %s\n", strings.Join(f.Envs, ", "), value, f.Name, f.Help)
	}
	printf(w, "\n")
	printLine(w, "A flag wins over its variable. A secret X may be given as a file: X_FILE names it.")
}
