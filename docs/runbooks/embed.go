// Package runbooks holds the runbooks as files.
package runbooks

import "embed"

// Files are the runbooks, one Markdown file for each, and README.md.
//
//go:embed *.md
var Files embed.FS
