-- name: ListFoodAnswers :many
select * from food_answers where connection_id = @connection_id order by food_key;

-- name: LockFoodAnswer :one
select * from food_answers where connection_id = @connection_id and food_key = @food_key for update;

-- name: UpsertFoodAnswer :exec
insert into food_answers (connection_id, food_key, food, is_food, told, contains, ignored, answered_by)
values (@connection_id, @food_key, @food, @is_food, @told, @contains, @ignored, @answered_by)
on conflict (connection_id, food_key) do update
set food = excluded.food, is_food = excluded.is_food, told = excluded.told, contains = excluded.contains,
    ignored = excluded.ignored, answered_at = now(), answered_by = excluded.answered_by;

-- name: DeleteFoodAnswer :execrows
delete from food_answers where connection_id = @connection_id and food_key = @food_key;

-- name: RecordFoodAnswer :exec
insert into food_answers_audit (connection_id, food, was, became, by)
values (@connection_id, @food, @was, @became, @by);

-- name: ListFoodAnswerChanges :many
select food, was, became, at, by from food_answers_audit
where connection_id = @connection_id order by id desc limit @most;

-- name: PurgeFoodAnswersAudit :execrows
delete from food_answers_audit where at < now() - make_interval(days => @days::int);

-- name: OutdatePlansOfLibrary :exec
-- What is known of the library's foods changed: its users' weeks are checked again.
update plans p set outdated = 'recipes'
from users u
where u.id = p.user_id and u.connection_id = @connection_id and p.outdated is null and p.week_of > current_date - 8;
