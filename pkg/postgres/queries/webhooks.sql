-- name: CreateWebhook :execrows
-- No row: the user has as many as they may.
insert into webhooks (id, user_id, url, events, secret_sealed)
select @id, @user_id, @url, @events::text[], @secret_sealed
where (select count(*) from webhooks w where w.user_id = @user_id) < @most::int;

-- name: ListWebhooks :many
select id, url, events, created_at, ended_at from webhooks where user_id = @user_id order by created_at, id;

-- name: DeleteWebhook :execrows
delete from webhooks where user_id = @user_id and id = @id;

-- name: PingWebhook :execrows
insert into webhook_deliveries (webhook_id, event, message)
select w.id, 'ping', jsonb_build_object('type', 'ping', 'timestamp', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'data', '{}'::jsonb)
from webhooks w where w.user_id = @user_id and w.id = @id
  and (select count(*) from webhook_deliveries d where d.webhook_id = w.id and d.event = 'ping' and d.created_at > now() - interval '1 minute') < @most::int;

-- name: ListDeliveries :many
-- The newest first.
select d.id, d.event, d.message, d.status, d.attempts, d.answered, d.problem, d.created_at, d.next_attempt_at, d.settled_at
from webhook_deliveries d join webhooks w on w.id = d.webhook_id
where w.user_id = @user_id and w.id = @id order by d.id desc limit @most::int;

-- name: ClaimDelivery :one
-- Another process may try again when this one has not settled it within two minutes.
update webhook_deliveries d set attempts = d.attempts + 1, next_attempt_at = now() + interval '2 minutes'
from webhooks w
where w.id = d.webhook_id and d.id = (
    select id from webhook_deliveries where status = 'pending' and next_attempt_at <= now() order by next_attempt_at limit 1 for update skip locked
)
returning d.id, d.webhook_id, d.event, d.message, d.attempts, w.user_id, w.url, w.secret_sealed;

-- name: SettleDelivery :exec
-- After an attempt: delivered, failed, or pending until the next one. A receiver that is gone ends
-- the webhook.
with told as (
    update webhook_deliveries d
    set status = @status, answered = sqlc.narg(answered), problem = sqlc.narg(problem),
        next_attempt_at = now() + make_interval(secs => @seconds::float8), settled_at = case when @status::text <> 'pending' then now() end
    where d.id = @id and d.attempts = @attempts returning d.webhook_id
)
update webhooks w set ended_at = now() from told where w.id = told.webhook_id and @gone::boolean;
