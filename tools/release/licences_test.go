package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// What the binary says of its components is what their sources say, and all of it is permitted.
func TestNoticesAreCurrent(t *testing.T) {
	t.Parallel()
	list, texts, err := notices(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{listFile: list, textsFile: texts} {
		got, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the modules say: go run ./tools/release notices", file)
		}
	}
}

// Every data file that ownData speaks of is embedded, and NOTICE says where it is from.
func TestOriginOfData(t *testing.T) {
	t.Parallel()
	pkgs, err := packages(root)
	if err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	notice, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(notice)), " ")
	for path, origin := range othersData {
		if !slices.ContainsFunc(pkgs, func(p pkg) bool { return p.ImportPath == path && len(p.EmbedFiles) > 0 }) {
			t.Errorf("%s is not in the binary, or embeds nothing", path)
		}
		if !strings.Contains(said, origin) {
			t.Errorf("%s: NOTICE does not say %q", path, origin)
		}
	}
	for file, origin := range ownData {
		embedded := slices.ContainsFunc(pkgs, func(p pkg) bool {
			return p.Module != nil && p.Module.Main && slices.ContainsFunc(p.EmbedFiles, func(f string) bool {
				return filepath.Join(p.Dir, f) == filepath.Join(abs, file)
			})
		})
		if !embedded {
			t.Errorf("%s is not in the binary", file)
		}
		if !strings.Contains(said, origin) {
			t.Errorf("%s: NOTICE does not say %q", file, origin)
		}
	}
}

const (
	isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.
THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`
	gpl = `This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public License as
published by the Free Software Foundation; either version 2 of the License, or (at your option) any later version.`
	agpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero General Public
License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.`
	mpl = `This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed
with this file, You can obtain one at https://mozilla.org/MPL/2.0/.`
)

// A module comes with a licence that is permitted, wherever in it the linked package is.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		files   map[string]string
		embeds  string
		replace *module
		want    string // in the error; empty: it is taken
		licence string
	}{
		"ISC":                         {files: map[string]string{"LICENSE": isc}, licence: "ISC"},
		"MPL-2.0":                     {files: map[string]string{"LICENSE": mpl}, licence: "MPL-2.0"},
		"GPL":                         {files: map[string]string{"LICENSE": gpl}, want: "LICENSE is GPL-2.0-or-later, which is not permitted"},
		"AGPL":                        {files: map[string]string{"COPYING.md": agpl}, want: "COPYING.md is AGPL-3.0-or-later, which is not permitted"},
		"none":                        {files: map[string]string{"README": "free for all"}, want: "it has no licence"},
		"a notice only":               {files: map[string]string{"NOTICE": "made by us"}, want: "it has no licence"},
		"words of their own":          {files: map[string]string{"LICENSE": "You may use this if you are nice."}, want: "LICENSE: no licence that is known"},
		"beside the package":          {files: map[string]string{"LICENSE": isc, "a/b/LICENSE": gpl}, want: "a/b/LICENSE is GPL"},
		"above the package":           {files: map[string]string{"LICENSE": isc, "a/LICENSE": gpl}, want: "a/LICENSE is GPL"},
		"of what is not linked":       {files: map[string]string{"LICENSE": isc, "c/LICENSE": gpl}, licence: "ISC"},
		"a font":                      {files: map[string]string{"LICENSE": isc}, embeds: "font.ttf", want: "embeds font.ttf: find its licence"},
		"beside what is embedded":     {files: map[string]string{"LICENSE": isc, "a/b/sql/LICENSE": gpl}, embeds: "sql/a.sql", want: "a/b/sql/LICENSE is GPL"},
		"a changed module under MPL":  {files: map[string]string{"LICENSE": mpl}, replace: &module{Path: "../fork"}, want: "replaced by ../fork"},
		"a changed module, otherwise": {files: map[string]string{"LICENSE": isc}, replace: &module{Path: "../fork"}, licence: "ISC"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, goroot := t.TempDir(), t.TempDir()
			write(t, goroot, "LICENSE", isc)
			if err := os.MkdirAll(filepath.Join(dir, "a/b/sql"), 0o755); err != nil {
				t.Fatal(err)
			}
			for f, content := range c.files {
				write(t, dir, f, content)
			}
			p := pkg{ImportPath: "example.org/m/a/b", Dir: filepath.Join(dir, "a/b"), Module: &module{Path: "example.org/m", Version: "v1.0.0", Dir: dir, Replace: c.replace}}
			if c.embeds != "" {
				p.EmbedFiles = []string{c.embeds}
			}
			all, err := components(root, goroot, []pkg{p})
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v; want %q", err, c.want)
				}
				return
			}
			if err != nil || !slices.Equal(all[0].Licences, []string{c.licence}) {
				t.Errorf("%+v, %v; want %s", all, err, c.licence)
			}
		})
	}
}

func TestDataOfUnknownOrigin(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{"templates/new.html": false, "data/new.txt": true, "new.csv": true, "font.ttf": true} {
		p := pkg{ImportPath: "m/pkg/x", Dir: "/m/pkg/x", EmbedFiles: []string{file}, Module: &module{Main: true}}
		if got := len(checkEmbedded("/m", p)) > 0; got != want {
			t.Errorf("%s: refused: %v; want %v", file, got, want)
		}
	}
}

func write(t *testing.T, dir, file, content string) {
	t.Helper()
	file = filepath.Join(dir, file)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
