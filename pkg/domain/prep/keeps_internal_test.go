package prep

import (
	"strings"
	"testing"
)

func TestDaysAreRefusedByName(t *testing.T) {
	t.Parallel()
	for row, why := range map[string]string{"white rice,9": "no number from 1 to 4", "white rice,x": "no number", "zoblat,3": "no name of foods.csv", "rice,3": "no name of foods.csv"} {
		if _, err := readKeeps("food,days\n" + row + "\n"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", row, err)
		}
	}
	if len(keeps()) == 0 {
		t.Error("the table is empty")
	}
}
