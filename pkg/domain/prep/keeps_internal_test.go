package prep

import (
	"strings"
	"testing"
)

func TestDaysAreRefusedByName(t *testing.T) {
	t.Parallel()
	for row, why := range map[string]string{"fish,9": "no number from 1 to 4", "fish,x": "no number", "zoblat,3": "no food group", "rice,3": "no name of foods.csv"} {
		if _, err := readKeeps("what,days\n" + row + "\n"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", row, err)
		}
	}
	if len(keeps()) == 0 {
		t.Error("the table is empty")
	}
}
