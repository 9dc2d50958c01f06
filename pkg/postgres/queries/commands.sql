-- name: GetReplyOrigin :one
select user_id, week_of, fingerprint from outbox where reply_key = @reply_key and week_of is not null;

-- name: LockUser :one
-- Whoever changes a user or their plan holds the row; references to it are not held up.
select * from users where id = @id for no key update;

-- name: SteeringSeen :one
select exists (select from steerings where user_id = @user_id and (message_id = @message_id or digest = @digest));

-- name: CountSteerings :one
select count(*) from steerings
where user_id = @user_id and source = @source and created_at > now() - make_interval(secs => @seconds::float8) and (@outcome::text = '' or outcome = @outcome::text);

-- name: CountSaid :one
select count(*) from steerings
where user_id = @user_id and said = @said and created_at > now() - make_interval(secs => @seconds::float8);

-- name: LastSteering :one
select id, message_id, commands, results, before, undone_at from steerings
where user_id = @user_id and week_of = @week_of and outcome = 'applied' and before is not null
order by id desc
limit 1;

-- name: ProposedSteering :one
select commands from steerings where user_id = @user_id and outcome = 'unproven_sender' and left(digest, 16) = @key::text;

-- name: ForgetMeal :exec
-- What is in the diary of a tracking service stays on record.
delete from meal_log l
where l.user_id = @user_id and l.date = @date and l.meal = @meal
  and not exists (select from diary_entries d where d.user_id = l.user_id and d.date = l.date and d.meal = l.meal and d.status = 'written');

-- name: InsertSteering :exec
insert into steerings (user_id, week_of, source, message_id, digest, outcome, commands, results, before, trace_id, said)
values (@user_id, @week_of, @source, @message_id, @digest, @outcome, @commands, @results, @before, @trace_id, @said);

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
select @user_id, m.date, m.meal, m.recipe_id, @servings
from plan_meals m where m.user_id = @user_id and m.date = @date and m.meal = @meal
on conflict (user_id, date, meal) do update set recipe_id = excluded.recipe_id, servings = excluded.servings;

-- name: SetUserSettings :exec
update users set settings = @settings, enabled = @enabled, updated_at = now() where id = @id;

-- name: GetWatermark :one
select uid_validity, uid from inbox_watermarks where folder = @folder;

-- name: SetWatermark :exec
insert into inbox_watermarks (folder, uid_validity, uid) values (@folder, @uid_validity, @uid)
on conflict (folder) do update set uid_validity = excluded.uid_validity, uid = excluded.uid, updated_at = now();

-- name: ForgetUndo :execrows
-- What UNDO would bring back is of no use when its week is over.
update steerings set before = null where before is not null and week_of < current_date - 8;

-- name: PurgeSteerings :execrows
delete from steerings where created_at < now() - make_interval(days => @days::int);

-- name: PurgeMails :execrows
delete from outbox where status <> 'pending' and created_at < now() - make_interval(days => @days::int);

-- name: PurgeDiaryEntries :execrows
delete from diary_entries where date < current_date - @days::int;

-- name: PurgeSettingsAudit :execrows
delete from runtime_settings_audit where at < now() - make_interval(days => @days::int);

-- name: ListSteerings :many
select created_at, source, results, (undone_at is not null)::boolean as undone, (before is not null)::boolean as undoable from steerings
where user_id = @user_id and week_of = @week_of and outcome = 'applied'
order by id desc
limit 200;
