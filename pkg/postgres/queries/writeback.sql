-- name: ListUnpublished :many
-- All of one user, whenever they were tried; of everybody, those whose time has come; of one
-- week that is asked for, the plan whatever keeps it from being written.
select p.id, p.user_id, p.week_of, u.connection_id, c.write_back, (p.outdated is not null)::boolean as outdated
from plans p
join users u on u.id = p.user_id
join connections c on c.id = u.connection_id
left join write_backs w on w.plan_id = p.id
where p.week_of > @since
  and (p.week_of = sqlc.narg(asked)::date or sqlc.narg(asked)::date is null and c.write_back and p.published_at is null and p.outdated is null)
  and (p.user_id = @user_id::text or @user_id::text = '' and coalesce(w.next_attempt_at, '-infinity') <= now())
order by p.id
limit 100;

-- name: ClaimUnpublished :one
-- Rows that refer to the plan can be added meanwhile.
select id from plans where id = @id and (published_at is null or @again::boolean) for no key update skip locked;

-- name: ClaimConnection :one
-- One process at a time writes to a library.
select pg_try_advisory_xact_lock(hashtextextended('write back to ' || @connection::text, 0));

-- name: MarkPublished :exec
update plans set published_at = now() where id = @id;

-- name: ListWrittenBack :many
select id, kind, state, remote_id, content from written_back
where plan_id = @plan_id and connection_id = @connection_id and space_id = @space_id
order by id;

-- name: ListWrittenRemotes :many
select w.remote_id::bigint from written_back w
join connections c on c.id = w.connection_id
where w.connection_id = @connection_id and w.kind = @kind and w.space_id = c.space_id and w.remote_id is not null;

-- name: InsertWrittenBack :one
insert into written_back (plan_id, connection_id, space_id, kind, state, remote_id, content)
values (@plan_id, @connection_id, @space_id, @kind, @state, sqlc.narg(remote_id), @content)
returning id;

-- name: UpdateWrittenBack :exec
update written_back set state = @state, remote_id = sqlc.narg(remote_id), content = @content, updated_at = now() where id = @id;

-- name: DeleteWrittenBack :exec
delete from written_back where id = @id;

-- name: SetSpace :exec
update connections set space_id = @space_id, space_name = @space_name where id = @id;

-- name: SetMealTypes :exec
update connections set meal_types = @meal_types where id = @id;

-- name: IsAdopted :one
select coalesce((select adopted from write_backs where plan_id = @plan_id), false)::boolean;

-- name: SetAdopted :exec
insert into write_backs (plan_id, adopted) values (@plan_id, true)
on conflict (plan_id) do update set adopted = true;

-- name: WriteBackDone :one
-- Returns whether something else was refused than the last time.
with before as (select refused from write_backs w where w.plan_id = @plan_id)
insert into write_backs (plan_id, refused) values (@plan_id, @refused::text[])
on conflict (plan_id) do update set refused = excluded.refused, error = '', attempts = 0, next_attempt_at = now()
returning (coalesce((select before.refused from before), '{}') <> @refused::text[])::boolean as news;

-- name: WriteBackFailed :one
-- Tried again after 5 minutes, twice that, and so on up to an hour. Returns whether it is
-- another error than the last time.
with before as (select w.error from write_backs w where w.plan_id = @plan_id)
insert into write_backs (plan_id, error, attempts, next_attempt_at) values (@plan_id, @error, 1, now() + interval '5 minutes')
on conflict (plan_id) do update
set error = excluded.error, attempts = write_backs.attempts + 1,
    next_attempt_at = now() + least(interval '1 hour', interval '5 minutes' * power(2, least(write_backs.attempts, 10)))
returning (coalesce((select before.error from before), '') <> @error)::boolean as news;

-- name: ListRefusedRecipes :many
select recipe_id, updated_at from refused_recipes where connection_id = @connection_id;

-- name: UpsertRefusedRecipe :batchexec
insert into refused_recipes (connection_id, recipe_id, updated_at) values (@connection_id, @recipe_id, @updated_at)
on conflict (connection_id, recipe_id) do update set updated_at = excluded.updated_at;

-- name: DeleteRefusedRecipes :exec
delete from refused_recipes where connection_id = @connection_id and recipe_id = any(@ids::bigint[]);
