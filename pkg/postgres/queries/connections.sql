-- name: UpsertConnection :exec
-- Whoever turns write-back on or off is noted.
with audit as (
    insert into runtime_settings_audit (name, value, set_by)
    select 'write-back of ' || c.id, case when @write_back::boolean then 'on' else 'off' end, @set_by::text
    from connections c where c.id = @id and c.write_back <> @write_back::boolean
)
insert into connections (id, url, token_sealed, keyword_meals, write_back, invited)
values (@id, @url, @token_sealed, @keyword_meals, @write_back, @invited)
on conflict (id) do update
set url = excluded.url, token_sealed = excluded.token_sealed,
    keyword_meals = excluded.keyword_meals, write_back = excluded.write_back, invited = excluded.invited, last_error = '';

-- name: GetConnection :one
select * from connections where id = @id;

-- name: ListConnections :many
select * from connections order by id;

-- name: MarkSynced :exec
update connections
set synced_at = @synced_at, last_error = '',
    full_sync_at = coalesce(sqlc.narg(full_sync_at), full_sync_at)
where id = @id;

-- name: MarkSyncFailed :exec
update connections set last_error = @last_error where id = @id;

-- name: DeleteConnection :execrows
delete from connections c where c.id = @id and not exists (select from users u where u.connection_id = c.id);

-- name: ListConnectionUse :many
-- What the list of connections shows.
select c.id, c.url, c.write_back, c.synced_at, c.last_error,
       (select count(*) from recipes r where r.connection_id = c.id) as recipes,
       coalesce((select string_agg(u.id, ', ' order by u.id) from users u where u.connection_id = c.id), '')::text as users
from connections c
order by c.id;
