-- +goose Up
-- Grafana's view of the jobs' history leads on: to the lines of a job, the trace of an attempt.
create or replace view grafana.job_execution_history as
select id, job_type as type, started_at as started, duration_ms / 1000 as duration, status, attempt_number - 1 as retries,
    job_id as job, coalesce(error_type, '') as error, trace_id as trace
from job_executions;

-- +goose Down
drop view grafana.job_execution_history;
create view grafana.job_execution_history as
select id, job_type as type, started_at as started, duration_ms / 1000 as duration, status, attempt_number - 1 as retries
from job_executions;
-- +goose StatementBegin
do $$
begin
    if exists (select from pg_roles where rolname = 'grafana') then
        grant select on grafana.job_execution_history to grafana;
    end if;
end $$;
-- +goose StatementEnd
