-- name: ListDueSchedules :many
-- Schedules whose time has come or is to be computed, whose run was asked for, or that
-- failed and are to run again. The clock is that of the database. The first weekly run
-- of a new user waits for @grace_seconds, unless somebody asks for it.
select s.id, s.job_type, s.user_id, s.connection_id, s.cron, s.time_zone, s.lead_seconds, s.priority, s.parameters,
       s.retry_max_attempts, s.retry_backoff_seconds, s.status, s.next_run_at, s.retry_at, s.scheduled_for,
       s.last_occurrence, s.created_at, clock_timestamp()::timestamptz as clock
from scheduled_jobs s
left join users u on u.id = s.user_id
where s.enabled and s.river_job_id is null and coalesce(u.enabled, true)
  and (s.next_run_at is null or s.next_run_at <= now() or s.status = 'pending' or s.retry_at <= now())
  and not (s.job_type = any(@paused::text[]))
  and (s.job_type <> 'WeeklyGeneration' or s.status = 'pending' or s.created_at <= now() - make_interval(secs => @grace_seconds::float8))
order by s.next_run_at nulls last, s.id
limit 100
for update of s skip locked;

-- name: Clock :one
select clock_timestamp()::timestamptz;

-- name: MarkSchedulesQueued :exec
-- A river_job_id of 0 queues nothing: only the next time is set.
update scheduled_jobs s
set river_job_id = nullif(q.river_job_id, 0),
    status = case when q.river_job_id = 0 then s.status else 'pending' end,
    scheduled_for = case when q.river_job_id = 0 then s.scheduled_for else q.fire end,
    last_occurrence = greatest(s.last_occurrence, q.occurrence), next_run_at = q.next, retry_at = null
from (
    select unnest(@ids::text[]) as id, unnest(@river_job_ids::bigint[]) as river_job_id, unnest(@fires::timestamptz[]) as fire,
           unnest(@occurrences::timestamp[]) as occurrence, unnest(@nexts::timestamptz[]) as next
) q
where s.id = q.id;

-- name: MarkScheduleBroken :exec
-- A schedule that cannot be read waits for somebody to mend it.
update scheduled_jobs
set status = 'failed', last_error = @last_error, error_count = error_count + 1, enabled = false
where id = @id;

-- name: BeginExecution :one
-- The attempt of a process that died is closed, and is not one of the attempts allowed. A
-- job that is finished on record, though its process died before the queue knew, has no row.
with lost as (
    update job_executions
    set status = 'failed', completed_at = now(), duration_ms = extract(epoch from now() - started_at) * 1000,
        error_type = 'Canceled', error_message = 'the process that worked on it ended'
    where river_job_id = @river_job_id and status = 'running'
), schedule as (
    update scheduled_jobs set status = 'running', started_at = now()
    where id = @job_id and river_job_id = @river_job_id
)
insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, scheduled_for, trace_id, worker)
select @job_id, @job_type, sqlc.narg(user_id), @river_job_id, @trigger_type,
    1 + (select count(*) from job_executions e where e.river_job_id = @river_job_id and e.status = 'failed' and e.error_type <> 'Canceled'),
    'running', @scheduled_for, @trace_id, @worker
where not exists (select from job_executions e where e.river_job_id = @river_job_id and e.final)
returning id, attempt_number, started_at, not exists (select from job_executions e where e.river_job_id = @river_job_id) as first;

-- name: FinishExecution :exec
with done as (
    update job_executions e
    set status = @status, final = @final, completed_at = clock_timestamp(), duration_ms = @duration_ms,
        error_type = sqlc.narg(error_type), error_message = sqlc.narg(error_message), output = sqlc.narg(output)
    where e.id = @id
    returning e.job_id, e.river_job_id
)
update scheduled_jobs s
set status = case when @final::boolean then @status else 'pending' end,
    completed_at = case when @final::boolean then clock_timestamp() else s.completed_at end,
    error_count = case when @status::text = 'completed' then 0 when sqlc.narg(error_type)::text = 'Canceled' then s.error_count else s.error_count + 1 end,
    last_error = case when @status::text = 'completed' then null else sqlc.narg(error_message)::text end,
    river_job_id = case when @final::boolean then null else s.river_job_id end,
    retry_at = clock_timestamp() + make_interval(secs => sqlc.narg(retry_after_seconds)::float8)
from done
where s.id = done.job_id and s.river_job_id = done.river_job_id;

-- name: CloseLostJobs :many
-- Runs that the queue has ended or lost without our record of it.
with lost as (
    select s.id, s.river_job_id, s.job_type from scheduled_jobs s
    where s.river_job_id is not null
      and not exists (select from river_job r where r.id = s.river_job_id and r.state::text not in ('completed', 'cancelled', 'discarded'))
    for update of s skip locked
), closed as (
    update job_executions e
    set status = 'failed', final = true, completed_at = now(), duration_ms = extract(epoch from now() - e.started_at) * 1000,
        error_type = 'Canceled', error_message = 'the process that worked on it ended'
    from lost where e.river_job_id = lost.river_job_id and e.status = 'running'
)
update scheduled_jobs s
set status = 'failed', last_error = 'the queue lost the job', error_count = s.error_count + 1, river_job_id = null, completed_at = now(),
    retry_at = case when exists (select from job_executions e where e.river_job_id = lost.river_job_id and e.final) then null else now() end
from lost
where s.id = lost.id
returning s.id;

-- name: PurgeExecutions :execrows
delete from job_executions where started_at < now() - make_interval(days => @days::int) and status <> 'running';

-- name: JobQueue :many
-- Per job type: what is due and waits, in the queue and in schedules not queued yet (those
-- of a paused type among them), and since when the oldest does.
select job_type::text as job_type, count(*) as depth, extract(epoch from now() - min(due))::float8 as oldest_seconds
from (
    select case r.kind when 'weekly_generation' then 'WeeklyGeneration' when 'auto_sync' then 'AutoSync'
                       when 'daily_advisor' then 'DailyAdvisor' else 'WeeklyTrends' end as job_type,
        case when r.attempt = 0 then coalesce((r.args ->> 'due')::timestamptz, r.scheduled_at) else r.scheduled_at end as due
    from river_job r
    where r.state::text in ('available', 'retryable', 'scheduled') and r.scheduled_at <= now()
    union all
    select s.job_type::text, coalesce(s.next_run_at, s.updated_at)
    from scheduled_jobs s
    left join users u on u.id = s.user_id
    where s.enabled and s.river_job_id is null and coalesce(u.enabled, true) and (s.next_run_at <= now() or s.status = 'pending')
) waiting
group by job_type;

-- name: JobRates :many
-- The last 24 hours per job type.
select job_type::text as job_type,
    count(*) as started,
    count(*) filter (where attempt_number > 1) as retries,
    count(*) filter (where final) as finished
from job_executions
where started_at > now() - interval '24 hours'
group by job_type;

-- name: JobErrors :many
select job_type::text as job_type, error_type::text as error_type, count(*) as failed
from job_executions
where started_at > now() - interval '24 hours' and final and status = 'failed' and error_type is not null
group by job_type, error_type;

-- name: ListSchedules :many
select s.id, s.job_type::text as job_type, s.user_id, s.connection_id, s.cron, s.time_zone, s.lead_seconds, s.priority, s.parameters, s.retry_max_attempts, s.retry_backoff_seconds,
       s.enabled, s.status, s.error_count, s.last_error, s.next_run_at, s.scheduled_for, s.completed_at, coalesce(u.enabled, true) as user_enabled, s.created_at
from scheduled_jobs s
left join users u on u.id = s.user_id
where (@job_type::text = '' or s.job_type = @job_type::text) and (@user_id::text = '' or s.user_id = @user_id::text) and (@id::text = '' or s.id = @id::text)
order by s.id;

-- name: SetScheduleEnabled :many
update scheduled_jobs set enabled = @enabled
where (@job_type::text = '' or job_type = @job_type::text) and (@user_id::text = '' or user_id = @user_id::text) and (@id::text = '' or id = @id::text)
  and enabled <> @enabled
returning id;

-- name: AskForRun :many
-- The job runs now.
update scheduled_jobs set status = 'pending', error_count = 0, last_error = null
where (@job_type::text = '' or job_type = @job_type::text) and (@user_id::text = '' or user_id = @user_id::text) and (@id::text = '' or id = @id::text)
  and enabled and river_job_id is null and (not @failed_only::boolean or status = 'failed')
returning id;

-- name: ListSettingsAudit :many
-- Who changed a setting of the running program, the newest first.
select name, value, set_by, reason, at, expires_at from runtime_settings_audit order by at desc, id desc limit 50;

-- name: ListExecutions :many
select id, job_id, job_type::text as job_type, user_id, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, started_at, completed_at,
       duration_ms, error_type, error_message, output, trace_id, worker
from job_executions
where (@job_type::text = '' or job_type = @job_type::text) and (@user_id::text = '' or user_id = @user_id::text) and (@job_id::text = '' or job_id = @job_id::text)
  and (not @failed_only::boolean or status = 'failed')
order by started_at desc, id desc
limit @most;

-- name: SpreadWeeklyRuns :execrows
-- From @crowd users in one zone on, weekly runs begin spread over the @spread_seconds
-- before their hour; a run that is due within the hour stays where it is.
with asked as (
    select @crowd::int as crowd, @spread_seconds::int as spread
), wanted as (
    select s.id, s.lead_seconds as old, asked.spread, case
        when count(*) over (partition by s.time_zone, s.cron) >= asked.crowd and asked.spread > 0
        then (abs(hashtext(s.id)::bigint) % asked.spread)::int else 0 end as new
    from scheduled_jobs s
    join users u on u.id = s.user_id
    cross join asked
    where s.job_type = 'WeeklyGeneration' and s.enabled and u.enabled
)
update scheduled_jobs s
set lead_seconds = w.new, next_run_at = s.next_run_at + make_interval(secs => w.old - w.new)
from wanted w
where s.id = w.id and w.old <> w.new and s.next_run_at > now() + interval '1 hour' + make_interval(secs => w.spread);

-- name: ListRuntimeSettings :many
select name, value, set_by, reason, set_at, expires_at from runtime_settings where expires_at > now() order by name;

-- name: SetRuntimeSetting :exec
with audit as (
    insert into runtime_settings_audit (name, value, set_by, reason, expires_at)
    values (@name, @value, @set_by, @reason, now() + make_interval(secs => @valid_seconds::float8))
)
insert into runtime_settings (name, value, set_by, reason, expires_at)
values (@name, @value, @set_by, @reason, now() + make_interval(secs => @valid_seconds::float8))
on conflict (name) do update
set value = excluded.value, set_by = excluded.set_by, reason = excluded.reason, set_at = now(), expires_at = excluded.expires_at;

-- name: DropRuntimeSetting :execrows
with gone as (
    delete from runtime_settings r where r.name = @name returning r.name
)
insert into runtime_settings_audit (name, set_by, reason) select gone.name, @set_by, @reason from gone;

-- name: FindAsked :one
-- The run of a schedule that somebody asked for with the same parameters and that has not ended.
select id from river_job
where args ->> 'schedule' = @schedule::text and args ->> 'trigger' = 'manual' and coalesce(args -> 'params', 'null') = coalesce(nullif(@params::jsonb, 'null'), 'null')
  and state::text in ('available', 'running', 'retryable', 'scheduled')
order by id
limit 1;
