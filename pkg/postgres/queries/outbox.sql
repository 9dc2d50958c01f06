-- name: InsertMail :execrows
-- One mail per user, type and period.
insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, headers, trace_parent, inline, diary, week_of, reply_key, fingerprint)
values (@user_id, @email_type, @period, @message_id, @recipient, @subject, @text_body, @html_body, @headers, @trace_parent, @inline, @diary, sqlc.narg(week_of), sqlc.narg(reply_key), sqlc.narg(fingerprint))
on conflict (user_id, email_type, period) do nothing;

-- name: HasMail :one
select exists (select from outbox where user_id = @user_id and email_type = @email_type and period = @period::text);

-- name: BlankDiaryMails :execrows
-- What holds figures of a tracking service is gone after 23 hours, sent or not.
update outbox
set subject = '', text_body = '', html_body = '', inline = '[]', diary = false,
    status = case when status = 'pending' then 'failed' else status end,
    last_error = case when status = 'pending' then 'not sent within 23 hours: its diary figures may not be kept longer' else last_error end
where diary and created_at <= now() - interval '23 hours';

-- name: ClaimMail :one
-- Nothing goes to a user whose plan is outdated: it may show meals they must not eat.
select * from outbox o
where status = 'pending' and next_attempt_at <= now()
  and (email_type = 'sign_in' or not exists (select from plans p where p.user_id = o.user_id and p.outdated in ('settings', 'library')))
order by next_attempt_at, id
limit 1
for update of o skip locked;

-- name: MarkMailSent :exec
update outbox set status = 'sent', attempts = attempts + 1, sent_at = now(), last_error = '' where id = @id;

-- name: MarkMailDeferred :exec
update outbox
set attempts = attempts + 1, last_error = @last_error, next_attempt_at = now() + make_interval(secs => @delay_seconds::float8)
where id = @id;

-- name: MarkMailFailed :exec
update outbox set status = 'failed', attempts = attempts + 1, last_error = @last_error where id = @id;

-- name: MailDelivery :many
select email_type,
       count(*) filter (where status = 'sent' and bounced_at is null) as sent,
       count(*) filter (where status = 'failed' or bounced_at is not null) as failed
from outbox
where status <> 'pending' and coalesce(bounced_at, sent_at, next_attempt_at) > now() - interval '24 hours'
group by email_type
order by email_type;
