package main

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// A library that fails keeps none of the others from being imported, wherever it stands.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	box := program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})
	pool := testpg.Pool(t)
	i := installation{t, pool.Config().ConnString(), "127.0.0.1:0"}
	key := strings.Repeat("0f", 32)
	for _, id := range []string{"anna", "bert", "cleo"} {
		i.runs(key, 0, nil, "connection", "add", id, "--tandoor-url", box.TandoorURL(), "--tandoor-token", box.TandoorToken, "--no-import")
	}
	if _, err := pool.Exec(t.Context(), "update connections set url = 'http://127.0.0.1:1' where id in ('anna', 'bert')"); err != nil {
		t.Fatal(err)
	}
	i.runs(key, 1, []string{"anna: ", "bert: ", "cleo: ", " in the whole library", "2 of 3 libraries could not be imported; the first: ", "127.0.0.1:1"}, "import")
	var cleo, others int
	if err := pool.QueryRow(t.Context(), "select count(*) filter (where connection_id = 'cleo'), count(*) filter (where connection_id <> 'cleo') from recipes").Scan(&cleo, &others); err != nil || cleo == 0 || others != 0 {
		t.Errorf("%d recipes of the library that answers, %d of the others, %v", cleo, others, err)
	}
	i.runs(key, 1, []string{"cannot reach 127.0.0.1:1"}, "import", "--connection", "anna")
	i.runs(key, 2, []string{`no connection "dora"`}, "import", "--connection", "dora")
}
