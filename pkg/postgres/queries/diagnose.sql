-- name: ListLockWaits :many
-- Who holds what others wait for: not those who wait themselves.
select c.relname::text as relation, b.pid, coalesce(b.application_name, '')::text as application, coalesce(b.state, '')::text as state,
       coalesce(extract(epoch from clock_timestamp() - coalesce(b.xact_start, b.query_start)), 0)::float8 as held_seconds,
       left(coalesce(b.query, ''), 200)::text as statement, count(distinct l.pid) as waiting,
       coalesce(max(extract(epoch from clock_timestamp() - w.query_start)), 0)::float8 as waited_seconds
from pg_locks l
join pg_class c on c.oid = l.relation
join pg_stat_activity w on w.pid = l.pid
join pg_stat_activity b on b.pid = any (pg_blocking_pids(l.pid))
where not l.granted and l.relation is not null and b.wait_event_type is distinct from 'Lock'
group by 1, 2, 3, 4, 5, 6
order by waiting desc, held_seconds desc
limit 20;

-- name: ListSessions :many
-- How the connections of each client are used.
select coalesce(application_name, '')::text as application, coalesce(state, '')::text as state, count(*) as sessions,
       coalesce(max(extract(epoch from clock_timestamp() - coalesce(xact_start, query_start))), 0)::float8 as longest_seconds
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
group by 1, 2
order by 3 desc;

-- name: ListFailingJobs :many
-- Attempts that ended within the window, by kind of failure; the newest message.
select e.job_type::text as job_type, coalesce(e.error_type, '')::text as error_type, count(*) as failed,
       (array_agg(coalesce(e.error_message, '') order by e.started_at desc))[1]::text as message,
       (array_agg(coalesce(e.trace_id, '') order by e.started_at desc))[1]::text as trace,
       (select count(*) from job_executions a where a.job_type = e.job_type and a.completed_at > now() - make_interval(secs => @since_seconds::float8)) as attempts
from job_executions e
where e.status = 'failed' and e.completed_at > now() - make_interval(secs => @since_seconds::float8)
group by 1, 2
order by 3 desc;

-- name: ListUsersWithoutPlan :many
-- Enabled users without a plan for the week, and what became of the job that makes it.
select u.id, coalesce(s.enabled, false) as scheduled, coalesce(s.status, '')::text as status, coalesce(s.last_error, '')::text as last_error
from users u
left join scheduled_jobs s on s.user_id = u.id and s.job_type = 'WeeklyGeneration'
where u.enabled and u.created_at < cast(@week as date) - interval '66 hours' and not exists (select 1 from plans p where p.user_id = u.id and p.week_of = cast(@week as date))
order by u.id
limit 20;

-- name: CountUnbalanced :one
-- Weeks planned within the window, and those of them with a day out of band.
select count(*) as planned, count(*) filter (where status = 'unbalanced') as unbalanced,
       coalesce((array_agg(distinct user_id) filter (where status = 'unbalanced'))[1:5], '{}')::text[] as users
from plans
where created_at > now() - make_interval(secs => @since_seconds::float8);

-- name: ListRefusedMails :many
-- Mails of the window that were not accepted, by what the server said.
select status::text as status, left(last_error, 200)::text as message, count(*) as mails
from outbox
where last_error <> '' and status <> 'sent' and created_at > now() - make_interval(secs => @since_seconds::float8)
group by 1, 2
order by 3 desc
limit 5;
