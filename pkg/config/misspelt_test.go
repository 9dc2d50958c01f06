package config_test

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
)

func TestMisspelt(t *testing.T) {
	t.Parallel()
	got := config.Misspelt([]string{
		"SMTPHOST=x", "SMTP_HSOT=x", "MEALPLANNER_KEYFILE=x", "DATABASE_ULR=x", // wrong
		"SMTP_HOST=x", "MEALPLANNER_KEY_FILE=x", "DATABASE_PASSWORD_FILE=x", "PATH=/bin", "HOSTNAME=x", "API_PORT=8080", "INBOX_PORT=8025", "VERSION=1", "EMPTY", "",
	})
	want := []string{
		"SMTPHOST is no setting: did you mean SMTP_HOST?", "SMTP_HSOT is no setting: did you mean SMTP_HOST?",
		"MEALPLANNER_KEYFILE is no setting: did you mean MEALPLANNER_KEY_FILE?", "DATABASE_ULR is no setting: did you mean DATABASE_URL?",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
