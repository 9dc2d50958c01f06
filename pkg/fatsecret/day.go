package fatsecret

import (
	"strconv"
	"time"
)

// Day is a calendar day as FatSecret counts it: whole days since 1970-01-01.
type Day int32

const secondsPerDay = 24 * 60 * 60

// Date returns the day as midnight UTC.
func (d Day) Date() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String returns the day as "2026-12-03".
func (d Day) String() string { return d.Date().Format(time.DateOnly) }

func (d Day) param() string { return strconv.Itoa(int(d)) }
