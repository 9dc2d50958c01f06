-- What waited to be sent when the backup was made has been sent since, as a rule. It is not
-- sent a second time: it is marked as failed and can be sent by hand.
update public.outbox
set status = 'failed', last_error = 'waited when the backup was made that was restored at ' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') || ', and may have been sent since'
where status = 'pending';
