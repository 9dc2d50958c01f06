// Package user describes the people plans are made for: their targets, their wishes and
// what must never reach their plate.
package user

import (
	"net/mail"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// User is one person with a weekly plan.
type User struct {
	ID         string // opaque; the only thing about a user that telemetry carries
	Email      string
	Name       string
	TimeZone   string // IANA name
	Enabled    bool
	Operator   bool   // sees the state of the installation
	People     int    // 1 to 20; scales groceries only
	Connection string // the recipe library
	FatSecret  bool   // a FatSecret account is connected
	Created    time.Time
	Settings   Settings
}

var idPattern = lazyregexp.New(`^[a-z0-9_]{1,64}$`)

// Validate names the first field that is wrong, and the cure.
func (u User) Validate() error {
	if !idPattern().MatchString(u.ID) {
		return message.Errorf("id: %q must be 1 to 64 of a-z, 0-9 and _", u.ID)
	}
	if a, err := mail.ParseAddress(u.Email); err != nil || a.Address != u.Email {
		return message.Errorf("email: %q is not a plain address like ana@example.org", u.Email)
	}
	if strings.TrimSpace(u.Name) == "" || len(u.Name) > 100 || strings.ContainsAny(u.Name, "\r\n") {
		return message.Errorf("name: must be 1 to 100 characters on one line")
	}
	if _, err := u.Location(); err != nil {
		return err
	}
	if u.People < 1 || u.People > maxPeople {
		return message.Errorf("people: %d is not between 1 and %d", u.People, maxPeople)
	}
	if u.Connection == "" {
		return message.Errorf("connection: name the recipe library")
	}
	return u.Settings.Validate()
}

// Location loads the user's time zone.
func (u User) Location() (*time.Location, error) {
	if u.TimeZone == "" || u.TimeZone == "Local" {
		return nil, message.Errorf("time_zone: %q is not an IANA name like Europe/Berlin", u.TimeZone)
	}
	loc, err := time.LoadLocation(u.TimeZone)
	if err != nil {
		return nil, message.Errorf("time_zone: %q is not an IANA name like Europe/Berlin", u.TimeZone)
	}
	return loc, nil
}
