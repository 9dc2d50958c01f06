//go:build tools

// Package tools holds what go.mod pins.
package tools

import _ "github.com/grafana/loki/v3/cmd/loki"
