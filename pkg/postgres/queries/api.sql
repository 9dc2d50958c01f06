-- name: CreateToken :one
-- No row: the user has as many as they may.
insert into api_tokens (user_id, digest, name, scopes, expires_at)
select @user_id, @digest, @name, @scopes::text[], now() + make_interval(secs => nullif(@seconds::float8, 0))
where (select count(*) from api_tokens t where t.user_id = @user_id) < @most::int
returning id, created_at, expires_at;

-- name: ListTokens :many
select id, name, scopes, created_at, expires_at, used_at from api_tokens where user_id = @user_id order by id;

-- name: UseToken :one
-- Finds a token that has not ended, and notes its use once a minute.
with found as (
    select t.id, t.user_id, t.name, t.scopes, t.created_at, t.expires_at, t.used_at
    from api_tokens t where t.digest = @digest and (t.expires_at is null or t.expires_at > now())
), noted as (
    update api_tokens t set used_at = now() from found f
    where t.id = f.id and (f.used_at is null or f.used_at < now() - interval '1 minute')
)
select * from found;

-- name: DeleteToken :execrows
delete from api_tokens where user_id = @user_id and id = @id;

-- name: ClaimAnswer :one
-- Claims a key, or returns what is stored under it. An attempt that was given up or left under
-- way makes room, and so does an answer that is a day old. No row: the token has as many as it may.
insert into api_answers as a (token_id, key, claim, effect, request)
select @token_id, @key, @claim, @claim, @request
where (select count(*) from api_answers n where n.token_id = @token_id) < @most::int
   or exists (select from api_answers o where o.token_id = @token_id and o.key = @key)
on conflict (token_id, key) do update set
    (claim, effect, request, answer, created_at) = (
        select (case when gone then excluded.claim else a.claim end),
               (case when gone and (a.answer is not null or a.request <> excluded.request) then excluded.claim else a.effect end),
               (case when gone then excluded.request else a.request end),
               (case when gone then null else a.answer end), (case when gone then now() else a.created_at end)
        from (select a.created_at < now() - (case when a.answer is null then interval '2 minutes' else interval '1 day' end) as gone) g
    )
returning (claim = @claim)::boolean as claimed, effect, request, answer;

-- name: SettleAnswer :exec
-- Stores the answer of an attempt, or without one gives it up.
update api_answers
set answer = sqlc.narg(answer)::jsonb, created_at = case when sqlc.narg(answer)::jsonb is null then created_at - interval '3 minutes' else created_at end
where token_id = @token_id and key = @key and claim = @claim;
