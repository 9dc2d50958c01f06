-- +goose Up
-- Under this collation AutoSync and auto_sync are the same name.
create collation job_type_name (provider = icu, locale = 'und-u-ka-shifted-ks-level2', deterministic = false);

-- When which job runs. Rows may be edited: cron and time_zone take effect at once, status
-- 'pending' runs the job now, enabled = false keeps it from running.
create table scheduled_jobs (
    id text primary key,
    job_type text collate job_type_name not null
        check (job_type in ('WeeklyGeneration', 'AutoSync', 'DailyAdvisor', 'WeeklyTrends')),
    user_id text references users (id) on delete cascade,
    connection_id text references connections (id) on delete cascade,
    cron text not null,
    time_zone text not null default 'UTC',
    lead_seconds integer not null default 0 check (lead_seconds between 0 and 86400),
    priority text not null check (priority in ('critical', 'high', 'medium', 'low')),
    parameters jsonb not null default '{}',
    retry_max_attempts integer not null check (retry_max_attempts between 1 and 10),
    retry_backoff_seconds integer not null check (retry_backoff_seconds between 1 and 3600),
    enabled boolean not null default true,
    status text not null default 'scheduled' check (status in ('scheduled', 'pending', 'running', 'completed', 'failed')),
    error_count integer not null default 0,
    last_error text,
    next_run_at timestamptz,         -- null: to be computed from cron and time_zone
    retry_at timestamptz,            -- when a job that failed for good is tried anew
    scheduled_for timestamptz,       -- the time of the newest run
    last_occurrence timestamp,       -- the same on the wall clock of its zone
    river_job_id bigint,             -- the run that waits or works
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by text not null default 'mealplanner',
    check ((user_id is null) <> (connection_id is null))
);

create index scheduled_jobs_due on scheduled_jobs (next_run_at) where enabled and river_job_id is null;
create index scheduled_jobs_asked on scheduled_jobs (id) where enabled and river_job_id is null and status in ('pending', 'failed');
create index scheduled_jobs_active on scheduled_jobs (river_job_id) where river_job_id is not null;
create index scheduled_jobs_user on scheduled_jobs (user_id);

-- +goose StatementBegin
create function scheduled_jobs_edited() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    if (new.cron, new.time_zone) is distinct from (old.cron, old.time_zone)
        and new.next_run_at is not distinct from old.next_run_at then
        new.next_run_at := null;
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger scheduled_jobs_edited before update on scheduled_jobs for each row execute function scheduled_jobs_edited();

-- The jobs that every user and every connection has, with the defaults of pkg/domain/schedule
-- (a test compares them).
-- +goose StatementBegin
create function schedule_jobs(owner users, of_user boolean) returns void language sql as $$
    insert into scheduled_jobs (id, job_type, user_id, cron, time_zone, priority, retry_max_attempts, retry_backoff_seconds)
    select lower(regexp_replace(t.job_type, '(.)([A-Z])', '\1_\2', 'g')) || ':' || owner.id, t.job_type, owner.id, t.cron, owner.time_zone, t.priority, t.attempts, t.backoff
    from (values
        ('WeeklyGeneration', '0 6 * * 5', 'high', 3, 60),
        ('DailyAdvisor', '0 20 * * *', 'medium', 3, 60),
        ('WeeklyTrends', '0 20 * * 4', 'low', 2, 300)
    ) as t (job_type, cron, priority, attempts, backoff)
    where of_user
    on conflict (id) do nothing;
    insert into scheduled_jobs (id, job_type, user_id, cron, lead_seconds, priority, parameters, retry_max_attempts, retry_backoff_seconds)
    select 'auto_sync:user:' || owner.id, 'AutoSync', owner.id, '0 */3 * * *', abs(hashtext(owner.id)::bigint) % 1800, 'medium', '{"sync_type": "fatsecret"}', 5, 120
    where owner.fatsecret_sealed is not null
    on conflict (id) do nothing;
$$;

create function connection_scheduled() returns trigger language plpgsql as $$
begin
    insert into scheduled_jobs (id, job_type, connection_id, cron, lead_seconds, priority, parameters, retry_max_attempts, retry_backoff_seconds)
    values ('auto_sync:connection:' || new.id, 'AutoSync', new.id, '0 */3 * * *', abs(hashtext(new.id)::bigint) % 1800, 'medium', '{"sync_type": "tandoor"}', 5, 120)
    on conflict (id) do nothing;
    return null;
end $$;

create function user_scheduled() returns trigger language plpgsql as $$
begin
    perform schedule_jobs(new, tg_op = 'INSERT');
    if tg_op = 'UPDATE' then
        if new.fatsecret_sealed is null then
            delete from scheduled_jobs where id = 'auto_sync:user:' || new.id;
        end if;
        if new.time_zone <> old.time_zone then
            update scheduled_jobs set time_zone = new.time_zone where user_id = new.id and job_type <> 'AutoSync';
        end if;
        if new.enabled and not old.enabled then -- what was missed meanwhile is not made up for
            update scheduled_jobs set next_run_at = null, last_occurrence = now() at time zone time_zone where user_id = new.id;
        end if;
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger connection_scheduled after insert on connections for each row execute function connection_scheduled();
create trigger user_scheduled after insert or update of time_zone, enabled, fatsecret_sealed on users for each row execute function user_scheduled();

select schedule_jobs(u, true) from users u;
insert into scheduled_jobs (id, job_type, connection_id, cron, lead_seconds, priority, parameters, retry_max_attempts, retry_backoff_seconds)
select 'auto_sync:connection:' || id, 'AutoSync', id, '0 */3 * * *', abs(hashtext(id)::bigint) % 1800, 'medium', '{"sync_type": "tandoor"}', 5, 120
from connections;

-- Every attempt at every job.
create table job_executions (
    id bigint generated always as identity primary key,
    job_id text not null references scheduled_jobs (id) on delete cascade,
    job_type text collate job_type_name not null,
    user_id text,
    river_job_id bigint not null,
    trigger_type text not null check (trigger_type in ('scheduled', 'manual', 'retry')),
    attempt_number integer not null,
    status text not null check (status in ('running', 'completed', 'failed')),
    final boolean not null default false, -- no further attempt follows
    scheduled_for timestamptz not null,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    duration_ms double precision,
    error_type text,
    error_message text,
    output jsonb,
    trace_id text not null default '',
    worker text not null default ''
);

create index job_executions_started on job_executions (started_at);
create index job_executions_river on job_executions (river_job_id);
create index job_executions_job on job_executions (job_id, started_at);

-- Settings that can be changed while the program runs; each ends by itself.
create table runtime_settings (
    name text primary key,
    value text not null,
    set_by text not null,
    reason text not null default '',
    set_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create table runtime_settings_audit (
    id bigint generated always as identity primary key,
    name text not null,
    value text, -- null: taken back
    set_by text not null,
    reason text not null default '',
    at timestamptz not null default now(),
    expires_at timestamptz
);

-- What Grafana reads.
create schema if not exists grafana;
create view grafana.job_execution_history as
select id, job_type as type, started_at as started, duration_ms / 1000 as duration, status, attempt_number - 1 as retries
from job_executions;
-- +goose StatementBegin
do $$
begin
    if exists (select from pg_roles where rolname = 'grafana') then
        grant usage on schema grafana to grafana;
        grant select on grafana.job_execution_history to grafana;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
drop view grafana.job_execution_history;
drop schema grafana;
drop table runtime_settings_audit, runtime_settings, job_executions;
drop trigger user_scheduled on users;
drop trigger connection_scheduled on connections;
drop function user_scheduled, connection_scheduled, schedule_jobs;
drop table scheduled_jobs;
drop function scheduled_jobs_edited;
drop collation job_type_name;
