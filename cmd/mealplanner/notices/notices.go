// Package notices holds what is owed to those whose work is in the binary: their names,
// versions and licences, and the licences' texts. Both files are written by tools/release
// from the modules' sources (make generate).
package notices

import _ "embed" // for the notices

// List is the NOTICE of this program and a table of what is linked into it.
//
//go:embed list.txt
var List string

// Texts are the licences and notices of all that is in List, equal ones once.
//
//go:embed texts.txt
var Texts string
