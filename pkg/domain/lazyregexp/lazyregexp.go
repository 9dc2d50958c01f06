// Package lazyregexp compiles regular expressions when they are first used: a program with
// many commands should not compile at each start what one of them needs.
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is an expression that is compiled once, at its first use. It is safe for
// concurrent use.
type Regexp func() *regexp.Regexp

// New returns it. An expression that is wrong panics at its first use, and in a test at
// once.
func New(expr string) Regexp {
	r := Regexp(sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) }))
	if strings.HasSuffix(os.Args[0], ".test") {
		r()
	}
	return r
}
