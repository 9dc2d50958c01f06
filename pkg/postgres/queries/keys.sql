-- name: ListKeys :many
select id, in_use, added_at, signed_at, retired_at from keys order by added_at desc, id;

-- name: RegisterFirstKey :exec
-- Whoever comes first decides.
insert into keys (id, in_use, signed_at) values (@id, true, now()) on conflict do nothing;

-- name: DisuseKeys :exec
update keys set in_use = false where in_use and id <> @id;

-- name: UseKey :execrows
insert into keys as k (id, in_use) values (@id, true)
on conflict (id) do update set in_use = true where k.retired_at is null;

-- name: NoteSigning :exec
update keys set signed_at = now() where id = @id;

-- name: RetireKey :exec
insert into keys (id, retired_at) values (@id, now())
on conflict (id) do update set in_use = false, retired_at = now();

-- name: HoldKeys :exec
insert into key_holders (process, keys, in_use) values (@process, @keys, @in_use)
on conflict (process) do update set keys = excluded.keys, in_use = excluded.in_use, seen_at = now();

-- name: ReleaseKeys :exec
delete from key_holders where process = @process or seen_at < now() - interval '1 day';

-- name: ListKeyHolders :many
-- Those that were seen lately.
select process, keys, in_use, seen_at from key_holders
where seen_at > now() - make_interval(secs => @seconds::float8)
order by process;

-- name: ListSealed :many
-- What is sealed, from a place and row on.
select place, id, sealed
from (
    select 'connections'::text as place, c.id, c.token_sealed as sealed from connections c
    union all select 'users', u.id, u.fatsecret_sealed from users u where u.fatsecret_sealed is not null
    union all select 'fatsecret_pending', f.request_token, f.secret_sealed from fatsecret_pending f
    union all select 'webhooks', w.id, w.secret_sealed from webhooks w
) s
where (place, id) > (@after_place::text, @after_id::text)
order by place, id
limit 500;

-- name: Reseal :exec
-- Of one place, unless the value is another one now.
with connection as (
    update connections c set token_sealed = @sealed where @place::text = 'connections' and c.id = @id::text and c.token_sealed = @was
), account as (
    update users u set fatsecret_sealed = @sealed where @place::text = 'users' and u.id = @id::text and u.fatsecret_sealed = @was
), pending as (
    update fatsecret_pending f set secret_sealed = @sealed where @place::text = 'fatsecret_pending' and f.request_token = @id::text and f.secret_sealed = @was
)
update webhooks w set secret_sealed = @sealed where @place::text = 'webhooks' and w.id = @id::text and w.secret_sealed = @was;
