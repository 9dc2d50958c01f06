// Package schedule says when jobs run: their types with their defaults, cron expressions
// read on the wall clock of a time zone, what is done about times that were missed, and
// the pauses between attempts.
package schedule
