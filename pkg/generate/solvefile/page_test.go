package solvefile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
)

// TestContractPage runs the examples of docs/solve-contract.md: the problem gives the plan
// and, without a recipe, the reason shown; the fields of version 2 are refused.
func TestContractPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/solve-contract.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```json\n")[1:]
	if len(blocks) != 4 {
		t.Fatalf("%d examples, want a problem, a plan, a reason and the fields of version 2", len(blocks))
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
	if want := object(blocks[1]); !reflect.DeepEqual(plan, want) {
		t.Errorf("the plan is\n%v\nthe page shows\n%v", plan, want)
	}

	short := object(blocks[0])
	recipes := short["recipes"].([]any)
	short["recipes"] = append(recipes[:6:6], recipes[7:]...) // without id 7
	plan, exit, _ = solve(short)
	if want := []any{object(blocks[2])}; exit != fault.ExitInfeasible || !reflect.DeepEqual(plan["reasons"], any(want)) {
		t.Errorf("without recipe 7: exit %d, %v, the page shows %v", exit, plan["reasons"], want)
	}

	for name, value := range object(blocks[3]) {
		p := object(blocks[0])
		p[name] = value
		if _, exit, err := solve(p); exit != fault.ExitUsage || err == nil || err.Error() != name+": unknown field" {
			t.Errorf("%s: exit %d, %v; the page says that it is refused", name, exit, err)
		}
	}
}
