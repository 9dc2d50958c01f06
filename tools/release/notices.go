package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// writeNotices writes what is in the binary, whose it is and under which licence.
func writeNotices(root string) error {
	list, texts, err := notices(root)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, listFile), []byte(list), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, textsFile), []byte(texts), 0o644)
}

const (
	listFile  = "cmd/mealplanner/notices/list.txt"
	textsFile = "cmd/mealplanner/notices/texts.txt"
)

// notices makes both files' content.
func notices(root string) (list, texts string, err error) {
	all, err := linked(root)
	if err != nil {
		return "", "", err
	}
	own, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	if err != nil {
		return "", "", err
	}
	licence, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return "", "", err
	}
	self := component{Name: "mealplanner", Files: []text{{"LICENSE", plain(licence)}}}
	return string(own) + "\n" + table(all), sections(append([]component{self}, all...)), nil
}

// table lists the components, with the place of the source where the licence wants it said.
func table(all []component) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "COMPONENT\tVERSION\tLICENCE")
	for _, c := range all {
		licences := strings.Join(c.Licences, ", ")
		if slices.Contains(c.Licences, "MPL-2.0") {
			licences += " (source: https://proxy.golang.org/" + c.Name + "/@v/" + c.Version + ".zip)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, c.Version, licences)
	}
	_ = w.Flush() // a strings.Builder takes everything
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// sections prints each text once, below the names of all whose it is.
func sections(all []component) string {
	var order []string
	of := map[string][]string{}
	for _, c := range all {
		for _, f := range c.Files {
			if of[f.Content] == nil {
				order = append(order, f.Content)
			}
			of[f.Content] = append(of[f.Content], c.Name+": "+f.Name)
		}
	}
	var b strings.Builder
	rule := strings.Repeat("=", 80)
	for _, content := range order {
		fmt.Fprintf(&b, "%s\n%s\n%s\n\n%s\n\n", rule, strings.Join(of[content], "\n"), rule, content)
	}
	return b.String()
}
