package solvefile_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
)

// TestContractPage runs the examples of docs/solve-contract.md: the problem gives the plan
// and, without a recipe, the reason shown; the fields of version 2 give what the page says of them.
func TestContractPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/solve-contract.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```json\n")[1:]
	if len(blocks) != 4 {
		t.Fatalf("%d examples, want a problem, the fields of version 2, a plan and a reason", len(blocks))
	}
	for i, b := range blocks {
		blocks[i], _, _ = strings.Cut(b, "```")
	}
	object := func(s string) (out map[string]any) {
		t.Helper()
		if err := json.Unmarshal([]byte(s), &out); err != nil {
			t.Fatalf("%v:\n%s", err, s)
		}
		return out
	}
	solve := func(problem map[string]any) (map[string]any, int, error) {
		t.Helper()
		in, err := json.Marshal(problem)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		exit, err := solvefile.Run(bytes.NewReader(in), &out, 1)
		if out.Len() == 0 {
			return nil, exit, err
		}
		return object(out.String()), exit, err
	}

	plan, exit, err := solve(object(blocks[0]))
	if err != nil || exit != fault.ExitOK {
		t.Fatalf("exit %d, %v", exit, err)
	}
	plan["days"] = plan["days"].([]any)[:1]
	if want := object(blocks[2]); !reflect.DeepEqual(plan, want) {
		t.Errorf("the plan is\n%v\nthe page shows\n%v", plan, want)
	}

	short := object(blocks[0])
	recipes := short["recipes"].([]any)
	short["recipes"] = append(recipes[:6:6], recipes[7:]...) // without id 7
	plan, exit, _ = solve(short)
	if want := []any{object(blocks[3])}; exit != fault.ExitInfeasible || !reflect.DeepEqual(plan["reasons"], any(want)) {
		t.Errorf("without recipe 7: exit %d, %v, the page shows %v", exit, plan["reasons"], want)
	}

	wishes := object(blocks[0])
	maps.Copy(wishes, object(blocks[1]))
	plan, exit, err = solve(wishes)
	if err != nil || exit != fault.ExitOK {
		t.Fatalf("with the fields of version 2: exit %d, %v", exit, err)
	}
	for _, name := range []string{"objective", "bound"} {
		if missed := plan[name].(map[string]any)["counts_missed"]; missed != 1.0 {
			t.Errorf("%s: %v counts missed, the page says that there is no meat", name, missed)
		}
	}
	lunches := make(map[any]map[any]bool)
	for i, d := range plan["days"].([]any) {
		meals := d.(map[string]any)["meals"].(map[string]any)
		if l, ok := meals["lunch"].(map[string]any); ok {
			if lunches[i%2] == nil {
				lunches[i%2] = make(map[any]bool)
			}
			lunches[i%2][l["servings"]] = true
		}
	}
	if len(lunches[0]) != 1 || len(lunches[1]) != 1 {
		t.Errorf("servings of the lunches %v, the page says that those of a batch are the same", lunches)
	}
}
