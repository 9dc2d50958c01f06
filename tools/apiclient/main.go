// Command apiclient is a program as others write it: on a client that is generated from the API's
// document (make test-client), it plans next week, takes another dish for Friday's dinner and ticks
// the first food of the list.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/mealplanner/mealplanner/tools/apiclient/client"
)

//go:generate go tool oapi-codegen -generate types,client -package client -o client/client.gen.go client/openapi-3.0.json

func main() {
	if err := run(context.Background(), os.Getenv("API"), os.Getenv("TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server, token string) error {
	c, err := client.NewClientWithResponses(server, client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		return err
	}
	planned, err := c.PlanWeekWithResponse(ctx, "next", nil)
	if err != nil || planned.JSON201 == nil {
		return fmt.Errorf("plan: %w %s", err, planned.Body)
	}
	week := planned.JSON201
	friday := openapi_types.Date{Time: week.Week.AddDate(0, 0, 4)}
	others, err := c.ListAlternativesWithResponse(ctx, friday, client.ListAlternativesParamsMealDinner, nil)
	if err != nil || others.JSON200 == nil || len(others.JSON200.Alternatives) == 0 {
		return fmt.Errorf("alternatives: %w %s", err, others.Body)
	}
	version, dish := `"`+others.JSON200.Version+`"`, others.JSON200.Alternatives[0]
	key := fmt.Sprint("apiclient-", time.Now().UnixNano())
	taken, err := c.ReplaceMealWithResponse(ctx, friday, client.ReplaceMealParamsMealDinner, &client.ReplaceMealParams{IfMatch: &version, IdempotencyKey: &key}, client.ReplaceInBody{Recipe: &dish.Recipe})
	if err != nil || taken.JSON200 == nil {
		return fmt.Errorf("replace: %w %s", err, taken.Body)
	}
	list, err := c.GetShoppingListWithResponse(ctx, "next", nil)
	if err != nil || list.JSON200 == nil {
		return fmt.Errorf("shopping list: %w %s", err, list.Body)
	}
	item := list.JSON200.Sections[0].Items[0]
	ticked, err := c.TickItemWithResponse(ctx, "next", nil, client.TickInBody{Key: item.Key, Ticked: true})
	if err != nil || ticked.JSON200 == nil || ticked.JSON200.Left != list.JSON200.Left-1 {
		return fmt.Errorf("tick: %w %s", err, ticked.Body)
	}
	fmt.Printf("planned %s, %s; %s for dinner on Friday; %s ticked, %d left\n", week.Week, week.Status, dish.Name, item.Name, ticked.JSON200.Left)
	return nil
}
