-- name: UpsertConnection :exec
-- Whoever turns write-back on or off is noted; a connection that is not there has it off. When
-- recipes are read otherwise from now on, the next sync is a full one.
with audit as (
    insert into runtime_settings_audit (name, value, set_by)
    select 'write-back of ' || @id::text, case when @write_back::boolean then 'on' else 'off' end, @set_by::text
    where @write_back::boolean <> coalesce((select c.write_back from connections c where c.id = @id), false)
)
insert into connections (id, url, token_sealed, keyword_meals, supermarket, write_back, invited)
values (@id, @url, @token_sealed, @keyword_meals, @supermarket, @write_back, @invited)
on conflict (id) do update
set url = excluded.url, token_sealed = excluded.token_sealed,
    keyword_meals = excluded.keyword_meals, supermarket = excluded.supermarket, write_back = excluded.write_back, invited = excluded.invited, last_error = '',
    full_sync_at = connections.full_sync_at - case when (connections.keyword_meals, connections.supermarket) is distinct from (excluded.keyword_meals, excluded.supermarket)
        then interval '30 days' else interval '0' end;

-- name: SetWriteBack :execrows
-- Of a connection that still is as it was read, and nothing else of it. Who did so is noted.
with changed as (
    update connections c set write_back = @write_back
    where c.id = @id and c.url = @url and c.token_sealed = @token_sealed and c.write_back <> @write_back
    returning c.id, c.write_back
)
insert into runtime_settings_audit (name, value, set_by)
select 'write-back of ' || changed.id, case when changed.write_back then 'on' else 'off' end, @set_by::text from changed;

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
