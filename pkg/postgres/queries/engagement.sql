-- name: RecordMailEvent :one
-- Notes that a mail was opened or clicked, if its user lets that be noted. What follows the
-- acceptance of the mail sooner than a person can is a machine.
with asked as (
    select @reply_key::text as reply_key, @kind::text as kind, @machine::boolean as machine, make_interval(secs => @machine_seconds::float8) as machine_within
), mail as (
    select o.id, o.user_id, o.email_type, asked.kind,
        asked.machine or o.sent_at is null or o.sent_at > now() - asked.machine_within as machine
    from asked
    join outbox o on o.reply_key = asked.reply_key
    join users u on u.id = o.user_id
    where case asked.kind
        when 'open' then coalesce((u.settings ->> 'track_opens')::boolean, false)
        else coalesce((u.settings ->> 'track_clicks')::boolean, false)
    end
), event as (
    insert into mail_events (outbox_id, kind, machine) select id, kind, machine from mail
    on conflict (outbox_id, kind, machine) do update set times = mail_events.times + 1
    returning machine, times
)
select mail.user_id, mail.email_type, (not event.machine and event.times = 1)::boolean as first
from mail cross join event;

-- name: MailStats :many
-- What became of the mails that were accepted in the last 30 days.
with mail as (
    select o.email_type, o.bounced_at,
        exists (select from mail_events e where e.outbox_id = o.id and e.kind = 'open' and not e.machine) as opened,
        exists (select from mail_events e where e.outbox_id = o.id and e.kind = 'open' and e.machine) as opened_by_machine,
        exists (select from mail_events e where e.outbox_id = o.id and e.kind = 'click' and not e.machine) as clicked,
        exists (select from mail_events e where e.outbox_id = o.id and e.kind = 'click' and e.machine) as clicked_by_machine
    from outbox o
    where o.status = 'sent' and o.sent_at > now() - interval '30 days'
)
select email_type, count(*) as accepted, count(bounced_at) as bounced,
    count(*) filter (where opened) as opened, count(*) filter (where opened_by_machine) as opened_by_machine,
    count(*) filter (where clicked) as clicked, count(*) filter (where clicked_by_machine) as clicked_by_machine,
    count(*) filter (where opened or clicked) as engaged
from mail
group by email_type
order by email_type;

-- name: MarkMailBounced :one
update outbox set bounced_at = now(), last_error = @last_error
where message_id = @message_id and status = 'sent' and bounced_at is null
returning user_id, email_type;

-- name: CountBouncedInARow :one
-- The newest accepted mails of the user that all came back.
select count(*) from outbox o
where o.user_id = @user_id and o.status = 'sent' and o.bounced_at is not null
  and not exists (
    select from outbox later
    where later.user_id = o.user_id and later.status = 'sent' and later.bounced_at is null and later.sent_at > o.sent_at
  );

-- name: ListMails :many
-- Of everybody or one user: mails that wait, those of the last 30 days that were given up or came
-- back, and, where wanted, those that were sent.
select id, user_id, email_type, period, attempts, next_attempt_at, created_at, last_error,
    case when bounced_at is not null then 'bounced' else status end::text as state, sent_at
from outbox
where (@of::text = '' or user_id = @of::text)
  and (status = 'pending' and not @failed_only::boolean
    or (status = 'failed' or bounced_at is not null or @sent::boolean) and created_at > now() - interval '30 days')
order by status = 'pending' desc, id desc
limit 500;

-- name: NewestPlan :one
select data, outdated from plans where user_id = @user_id order by week_of desc limit 1;
