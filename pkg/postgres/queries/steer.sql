-- name: GetReplyOrigin :one
select user_id, week_of from outbox where reply_key = @reply_key and week_of is not null;

-- name: LockUser :exec
select pg_advisory_xact_lock(hashtextextended(@user_id::text, 1936024434));

-- name: SteeringSeen :one
select exists (select from steerings where user_id = @user_id and (message_id = @message_id or digest = @digest));

-- name: CountSteerings :one
select count(*) from steerings
where user_id = @user_id and source = @source and created_at > now() - make_interval(secs => @seconds::float8) and (@outcome::text = '' or outcome = @outcome::text);

-- name: LastSteering :one
select id, commands, before, undone_at from steerings
where user_id = @user_id and week_of = @week_of and outcome = 'applied' and before is not null
order by id desc
limit 1;

-- name: InsertSteering :exec
insert into steerings (user_id, week_of, source, message_id, digest, outcome, commands, results, before, trace_id)
values (@user_id, @week_of, @source, @message_id, @digest, @outcome, @commands, @results, @before, @trace_id);

-- name: MarkUndone :exec
update steerings set undone_at = now() where id = @id and undone_at is null;

-- name: ReplacePlan :one
update plans set status = @status, optimal = @optimal, data = @data, published_at = null
where user_id = @user_id and week_of = @week_of
returning id;

-- name: DeletePlanMeals :exec
delete from plan_meals where plan_id = @plan_id;

-- name: LogMeal :exec
insert into meal_log (user_id, date, meal, recipe_id, servings)
select @user_id, m.date, m.meal, m.recipe_id, m.servings
from plan_meals m where m.user_id = @user_id and m.date = @date and m.meal = @meal
on conflict (user_id, date, meal) do update set recipe_id = excluded.recipe_id, servings = excluded.servings;

-- name: SetUserSettings :exec
update users set settings = @settings, enabled = @enabled, updated_at = now() where id = @id;

-- name: GetWatermark :one
select uid_validity, uid from inbox_watermarks where folder = @folder;

-- name: SetWatermark :exec
insert into inbox_watermarks (folder, uid_validity, uid) values (@folder, @uid_validity, @uid)
on conflict (folder) do update set uid_validity = excluded.uid_validity, uid = excluded.uid, updated_at = now();
