//go:build tools

// Package tools holds what go.mod pins.
package tools

import _ "github.com/docker/compose/v2/cmd"
