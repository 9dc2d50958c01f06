//go:build tools

// Package tools holds what go.mod pins.
package tools

import _ "github.com/prometheus/alertmanager/api/v2/models"
