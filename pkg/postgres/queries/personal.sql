-- name: DeleteUser :execrows
-- With the library that is called as they are, if nobody else cooks from it: it was connected for
-- them, with their token; and with what was noted of who had it written to.
with own as (
    delete from connections c using users u
    where u.id = @id and c.id = u.connection_id and (c.id = u.id or c.id ~ ('^' || u.id || '_[0-9]+$'))
      and not exists (select from users o where o.connection_id = c.id and o.id <> u.id)
),
noted as (
    delete from runtime_settings_audit a
    where a.name ~ ('^write-back of ' || @id || '(_[0-9]+)?$')
      and (a.set_by = @id or not exists (select from users o where o.id <> @id and a.name = 'write-back of ' || o.id))
)
delete from users gone where gone.id = @id;

-- name: DeleteUserQueue :execrows
-- Jobs that wait or are over; one that runs ends when it finds its schedule gone.
delete from river_job where args ->> 'user' = @user_id::text and state::text <> 'running';

-- name: CountUserRows :many
-- Everything that is stored about a user, by what people call it.
select what::text as what, n::bigint as n
from (
    select 'plans' as what, (select count(*) from plans p where p.user_id = @user_id::text) as n
    union all select 'planned meals', (select count(*) from plan_meals m where m.user_id = @user_id::text)
    union all select 'wishes for weeks', (select count(*) from week_constraints w where w.user_id = @user_id::text)
    union all select 'mails, sent and waiting', (select count(*) from outbox o where o.user_id = @user_id::text)
    union all select 'mails that wait and will not be sent', (select count(*) from outbox o where o.user_id = @user_id::text and o.status = 'pending')
    union all select 'openings and clicks', (select count(*) from mail_events e join outbox o on o.id = e.outbox_id where o.user_id = @user_id::text)
    union all select 'commands', (select count(*) from steerings s where s.user_id = @user_id::text)
    union all select 'meals confirmed as eaten', (select count(*) from meal_log l where l.user_id = @user_id::text)
    union all select 'diary entries', (select count(*) from diary_entries d where d.user_id = @user_id::text)
    union all select 'FatSecret cache rows', (select count(*) from fatsecret_cache f where f.user_id = @user_id::text)
    union all select 'ticks and foods at home on shopping lists', (select count(*) from shopping_ticks t where t.user_id = @user_id::text)
    union all select 'own items on shopping lists', (select count(*) from shopping_items i where i.user_id = @user_id::text)
    union all select 'browsers that are signed in', (select count(*) from sessions b where b.user_id = @user_id::text)
    union all select 'sign-in links', (select count(*) from sign_in_links k where k.user_id = @user_id::text)
    union all select 'tokens and calendar addresses', (select count(*) from api_tokens a where a.user_id = @user_id::text)
    union all select 'webhooks', (select count(*) from webhooks k where k.user_id = @user_id::text)
    union all select 'messages to webhooks', (select count(*) from webhook_deliveries d join webhooks k on k.id = d.webhook_id where k.user_id = @user_id::text)
    union all select 'answers to programs, kept for a day', (select count(*) from api_answers w join api_tokens a on a.id = w.token_id where a.user_id = @user_id::text)
    union all select 'libraries that go along, with their token and recipes', (
        select count(*) from connections c join users u on u.connection_id = c.id
        where u.id = @user_id::text and (c.id = u.id or c.id ~ ('^' || u.id || '_[0-9]+$')) and not exists (select from users o where o.connection_id = c.id and o.id <> u.id)
    )
    union all select 'times that write-back to their library was turned on or off', (
        select count(*) from runtime_settings_audit a
        where a.name ~ ('^write-back of ' || @user_id::text || '(_[0-9]+)?$')
          and (a.set_by = @user_id::text or not exists (select from users o where o.id <> @user_id::text and a.name = 'write-back of ' || o.id))
    )
    union all select 'schedules', (select count(*) from scheduled_jobs j where j.user_id = @user_id::text)
    union all select 'job executions', (select count(*) from job_executions x where x.user_id = @user_id::text)
    union all select 'queued jobs', (select count(*) from river_job r where r.args ->> 'user' = @user_id::text)
) counted;

-- name: ExportUser :one
-- Everything that is stored about a user but secrets.
select jsonb_build_object(
    'user', (select to_jsonb(u) - 'fatsecret_sealed' from users u where u.id = @user_id::text),
    'wishes', (select coalesce(jsonb_agg(to_jsonb(w) - 'user_id' order by w.week_of), '[]') from week_constraints w where w.user_id = @user_id::text),
    'plans', (select coalesce(jsonb_agg(to_jsonb(p) - 'user_id' order by p.week_of), '[]') from plans p where p.user_id = @user_id::text),
    'mails', (select coalesce(jsonb_agg(to_jsonb(o) - 'user_id' - 'reply_key' - 'html_body' - 'inline' order by o.id), '[]') from outbox o where o.user_id = @user_id::text),
    'mail_events', (select coalesce(jsonb_agg(to_jsonb(e)), '[]') from mail_events e join outbox o on o.id = e.outbox_id where o.user_id = @user_id::text),
    'commands', (select coalesce(jsonb_agg(to_jsonb(s) - 'user_id' order by s.id), '[]') from steerings s where s.user_id = @user_id::text),
    'meals_eaten', (select coalesce(jsonb_agg(to_jsonb(l) - 'user_id' order by l.date, l.meal), '[]') from meal_log l where l.user_id = @user_id::text),
    'diary_entries', (select coalesce(jsonb_agg(to_jsonb(d) - 'user_id' order by d.date, d.meal, d.line), '[]') from diary_entries d where d.user_id = @user_id::text),
    'shopping_ticks', (select coalesce(jsonb_agg(to_jsonb(t) - 'user_id' order by t.week_of, t.food), '[]') from shopping_ticks t where t.user_id = @user_id::text),
    'shopping_items', (select coalesce(jsonb_agg(to_jsonb(i) - 'user_id' order by i.id), '[]') from shopping_items i where i.user_id = @user_id::text),
    'sessions', (select coalesce(jsonb_agg(jsonb_build_object('created_at', b.created_at, 'expires_at', b.expires_at) order by b.created_at), '[]') from sessions b where b.user_id = @user_id::text),
    'sign_in_links', (select coalesce(jsonb_agg(jsonb_build_object('created_at', k.created_at, 'used_at', k.used_at) order by k.created_at), '[]') from sign_in_links k where k.user_id = @user_id::text),
    'tokens', (select coalesce(jsonb_agg(to_jsonb(a) - 'user_id' - 'digest' order by a.id), '[]') from api_tokens a where a.user_id = @user_id::text),
    'webhooks', (select coalesce(jsonb_agg(to_jsonb(k) - 'user_id' - 'secret_sealed' order by k.created_at), '[]') from webhooks k where k.user_id = @user_id::text),
    'webhook_deliveries', (select coalesce(jsonb_agg(to_jsonb(d) order by d.id), '[]') from webhook_deliveries d join webhooks k on k.id = d.webhook_id where k.user_id = @user_id::text),
    'write_back', (
        select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'value', a.value, 'set_by', a.set_by, 'at', a.at) order by a.id), '[]')
        from runtime_settings_audit a
        where a.name ~ ('^write-back of ' || @user_id::text || '(_[0-9]+)?$')
          and (a.set_by = @user_id::text or not exists (select from users o where o.id <> @user_id::text and a.name = 'write-back of ' || o.id))
    ),
    'schedules', (select coalesce(jsonb_agg(to_jsonb(j) - 'user_id' order by j.id), '[]') from scheduled_jobs j where j.user_id = @user_id::text),
    'job_executions', (select coalesce(jsonb_agg(to_jsonb(x) - 'user_id' order by x.id), '[]') from job_executions x where x.user_id = @user_id::text)
)::jsonb as data;
