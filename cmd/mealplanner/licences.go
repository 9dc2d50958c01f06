package main

import (
	"io"

	"github.com/mealplanner/mealplanner/cmd/mealplanner/notices"
)

type licencesCmd struct {
	Full bool `help:"Print the licences' texts too."`
}

// Run prints who made what is in this program, and under which licence.
func (c *licencesCmd) Run(std *streams) error {
	_, err := io.WriteString(std.out, notices.List)
	if err == nil && c.Full {
		_, err = io.WriteString(std.out, "\n"+notices.Texts)
	}
	return err
}
