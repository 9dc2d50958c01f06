-- name: BeginAlertResponse :many
-- No row: it was begun before. One that did not end within a minute is begun again.
insert into alert_responses (fingerprint, starts_at, status, action, alert, labels)
values (@fingerprint, @starts_at, @status, @action, @alert, @labels)
on conflict (fingerprint, starts_at, status, action) do update set begun_at = now()
where alert_responses.result is null and alert_responses.begun_at < now() - interval '1 minute'
returning id;

-- name: FinishAlertResponse :exec
update alert_responses set result = @result::text, detail = @detail::text, finished_at = now() where id = @id;

-- name: ListAlertResponses :many
select alert, labels, status, action, result, detail, begun_at, finished_at from alert_responses
where (@alert::text = '' or alert = @alert::text) order by begun_at desc, id desc limit @most;

-- name: LatestAlertResponses :many
-- How each action about each alert ended, of those of the last hour.
select distinct on (alert, action) alert, action, result::text as result from alert_responses
where result is not null and begun_at > now() - interval '1 hour'
order by alert, action, begun_at desc, id desc;

-- name: Acknowledge :exec
insert into alert_acknowledgements (silence_id, alert, labels, acknowledged_by, comment, expires_at)
values (@silence_id, @alert, @labels, @acknowledged_by, @comment, @expires_at);

-- name: OpenAcknowledgements :many
select silence_id from alert_acknowledgements
where alert = @alert and labels = @labels and ended_at is null and expires_at > now();

-- name: EndAcknowledgement :exec
update alert_acknowledgements set ended_at = now() where silence_id = @silence_id;

-- name: ListAcknowledgements :many
select silence_id, alert, labels, acknowledged_by, comment, acknowledged_at, expires_at, ended_at from alert_acknowledgements
order by acknowledged_at desc limit @most;

-- name: Beat :exec
insert into alert_heartbeat (last_beat) values (now())
on conflict (id) do update set last_beat = now();

-- name: GetPulse :many
select last_beat, extract(epoch from now() - last_beat)::float8 as age_seconds, silent from alert_heartbeat;

-- name: SetSilent :exec
update alert_heartbeat set silent = @silent;

-- name: AskForTransientRetries :many
-- Jobs whose last attempt failed for a reason that may be gone run now.
update scheduled_jobs s set status = 'pending', error_count = 0, last_error = null
where s.status = 'failed' and s.enabled and s.river_job_id is null and (@job_type::text = '' or s.job_type = @job_type::text)
  and (select e.error_type from job_executions e where e.job_id = s.id and e.final order by e.started_at desc, e.id desc limit 1) = any (@transient::text[])
returning s.id;

-- name: AskForLibraries :many
-- The recipes of every library are brought up to date now.
update scheduled_jobs set status = 'pending', error_count = 0, last_error = null
where connection_id is not null and enabled and river_job_id is null
returning id;
