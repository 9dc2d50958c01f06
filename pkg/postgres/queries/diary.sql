-- name: ListConfirmedMeals :many
-- Meals that were confirmed as eaten.
select l.date, l.meal, l.recipe_id, l.servings from meal_log l
where l.user_id = @user_id and l.date > @since
order by l.date, l.meal;

-- name: ListDiaryEntries :many
select date, meal, line, recipe_id, food, food_id, serving_id, entry_id, status from diary_entries
where user_id = @user_id and date > @since
order by date, meal, line;

-- name: IntendDiaryEntry :exec
insert into diary_entries (user_id, date, meal, line, recipe_id, food, food_id, serving_id, status)
values (@user_id, @date, @meal, @line, @recipe_id, @food, @food_id, @serving_id, @status)
on conflict (user_id, date, meal, line) do update
set recipe_id = excluded.recipe_id, food = excluded.food, food_id = excluded.food_id, serving_id = excluded.serving_id, status = excluded.status
where diary_entries.status <> 'written';

-- name: MarkDiaryWritten :exec
update diary_entries set status = 'written', entry_id = @entry_id, written_at = now()
where user_id = @user_id and date = @date and meal = @meal and line = @line;

-- name: GetFatSecretFood :one
select food_id, serving_id from fatsecret_foods where name = @name and (food_id <> '' or looked_up_at > now() - interval '7 days');

-- name: PutFatSecretFood :exec
insert into fatsecret_foods (name, food_id, serving_id) values (@name, @food_id, @serving_id)
on conflict (name) do update set food_id = excluded.food_id, serving_id = excluded.serving_id, looked_up_at = now();
