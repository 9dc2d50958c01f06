-- name: TakeBudget :one
insert into api_budget (api, day, calls) values (@api, (now() at time zone 'utc')::date, @calls)
on conflict (api, day) do update set calls = api_budget.calls + excluded.calls
where api_budget.calls + excluded.calls <= @budget::int
returning calls;

-- name: PutFatSecret :exec
insert into fatsecret_cache (user_id, kind, data, fetched_at) values (@user_id, @kind, @data, now())
on conflict (user_id, kind) do update set data = excluded.data, fetched_at = now();

-- name: GetFatSecret :one
select data from fatsecret_cache
where user_id = @user_id and kind = @kind and fetched_at > now() - interval '23 hours';

-- name: ListFatSecret :many
select kind, data from fatsecret_cache
where user_id = @user_id and kind like @kind_pattern and fetched_at > now() - interval '23 hours';

-- name: PurgeFatSecret :execrows
delete from fatsecret_cache where fetched_at <= now() - interval '23 hours';

-- name: PutFatSecretPending :exec
insert into fatsecret_pending (request_token, user_id, secret_sealed) values (@request_token, @user_id, @secret_sealed);

-- name: TakeFatSecretPending :one
delete from fatsecret_pending
where request_token = @request_token and created_at > now() - interval '15 minutes'
returning user_id, secret_sealed;

-- name: PurgeFatSecretPending :exec
delete from fatsecret_pending where created_at <= now() - interval '15 minutes';

-- name: CallsToday :one
select coalesce((select calls from api_budget where api = @api and day = (now() at time zone 'utc')::date), 0)::int;
