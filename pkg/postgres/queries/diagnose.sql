-- name: Alive :one
select 1::int as alive;

-- name: ListLockWaits :many
-- Who holds what others wait for: not those who wait themselves. Who waits for a row waits
-- for its transaction, and the first in line holds the row's lock meanwhile.
select coalesce(c.relname, r.relname, '')::text as relation, b.pid, coalesce(b.application_name, '')::text as application, coalesce(b.state, '')::text as state,
       coalesce(max(extract(epoch from clock_timestamp() - coalesce(b.xact_start, b.query_start))), 0)::float8 as held_seconds,
       coalesce(b.query, '')::text as statement, count(distinct l.pid) as waiting,
       coalesce(max(extract(epoch from clock_timestamp() - l.waitstart)), 0)::float8 as waited_seconds,
       coalesce((array_agg(distinct coalesce(w.application_name, '')))[1:5], '{}')::text[] as waiters
from pg_locks l
left join pg_class c on c.oid = l.relation
left join pg_locks t on l.relation is null and t.pid = l.pid and t.locktype = 'tuple' and t.granted
left join pg_class r on r.oid = t.relation
join pg_stat_activity w on w.pid = l.pid and w.datname = current_database()
join pg_stat_activity b on b.pid = any (pg_blocking_pids(l.pid))
where not l.granted and l.locktype in ('relation', 'tuple', 'transactionid') and b.wait_event_type is distinct from 'Lock'
group by 1, 2, 3, 4, 6
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

-- name: ListLongTransactions :many
-- Clients whose transaction has been open for long.
select pid, coalesce(application_name, '')::text as application, coalesce(state, '')::text as state, coalesce(query, '')::text as statement,
       extract(epoch from clock_timestamp() - xact_start)::float8 as open_seconds
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
  and xact_start < clock_timestamp() - make_interval(secs => @open_seconds::float8)
order by xact_start
limit 10;

-- name: ListFailingJobs :many
-- Attempts that failed within the window, by kind of failure, with the newest message. The
-- end of a process is no failure of the job. Unrecovered are the jobs whose newest attempt
-- within the window failed so.
with attempt as (
    select job_id, job_type::text as job_type, status, coalesce(error_type, '')::text as error_type, coalesce(error_message, '')::text as error_message,
           trace_id, started_at, completed_at, row_number() over (partition by job_id order by completed_at desc, id desc) as newest
    from job_executions
    where completed_at > now() - make_interval(secs => @window_seconds::float8) and error_type is distinct from 'Canceled'
)
select a.job_type, a.error_type, count(*) as failed,
       count(*) filter (where a.completed_at > now() - make_interval(secs => @recent_seconds::float8)) as recently,
       count(distinct a.job_id) filter (where a.newest = 1) as unrecovered,
       (array_agg(a.error_message order by a.completed_at desc))[1]::text as message,
       (array_agg(a.trace_id order by a.completed_at desc))[1]::text as trace,
       coalesce((array_agg(distinct a.job_id))[1:5], '{}')::text[] as jobs,
       max(a.completed_at)::timestamptz as last,
       (select count(*) from attempt x where x.job_type = a.job_type) as attempts
from attempt a
where a.status = 'failed'
group by a.job_type, a.error_type
order by 3 desc
limit 20;

-- name: ListUsersWithoutPlan :many
-- Enabled users whose run for the week was due and who have no plan for it, and what became
-- of the job that makes it. A run is due when the user's settings say, on the user's clock.
select u.id, coalesce(s.enabled, false) as scheduled, coalesce(s.status, '')::text as status, coalesce(s.last_error, '')::text as last_error
from users u
left join scheduled_jobs s on s.user_id = u.id and s.job_type = 'WeeklyGeneration'
where u.enabled
  and timezone(u.time_zone, cast(cast(@week as date) as timestamp) - weekly_lead(u.settings)) between u.created_at and now()
  and not exists (select 1 from plans p where p.user_id = u.id and p.week_of = cast(@week as date))
order by u.id
limit 1000;

-- name: ListUnbalanced :many
-- How many of each user's last 4 plans have a day out of band, how many of these have meals
-- that the user locked, skipped or travelled for, or that are missing, and whether they have
-- targets of their own.
select p.user_id, count(*) as plans, count(*) filter (where p.status = 'unbalanced') as unbalanced,
       count(*) filter (where p.status = 'unbalanced' and p.steered) as steered, count(*) filter (where p.lacking) as lacking, bool_or(u.settings ? 'targets') as own_targets
from (
  select p.user_id, p.status, row_number() over (partition by p.user_id order by p.week_of desc) as n,
         jsonb_path_exists(p.data, '$.week.days[*].missing[*]') as lacking,
         coalesce(c.data ?| array['locks', 'skips', 'travel', 'mode'], false) as steered
  from plans p
  left join week_constraints c on c.user_id = p.user_id and c.week_of = p.week_of
) p
join users u on u.id = p.user_id
where p.n <= 4
group by p.user_id
order by 3 desc, 1;

-- name: ListRefusedMails :many
-- Mails of the window that were not accepted, by what became of them. A mail is first tried
-- when it is written.
select status::text as status, count(*) as mails,
       count(*) filter (where status = 'pending' or created_at > now() - make_interval(secs => @recent_seconds::float8)) as recently,
       (array_agg(last_error order by created_at desc))[1]::text as message, coalesce((array_agg(distinct email_type))[1:4], '{}')::text[] as types,
       max(created_at)::timestamptz as last
from outbox
where last_error <> '' and status <> 'sent' and (status = 'pending' or created_at > now() - make_interval(secs => @window_seconds::float8))
group by 1
order by 2 desc;
