-- name: NoteMitigation :exec
insert into mitigations (name, detail, done_by, reason) values (@name, @detail, @done_by, @reason);

-- name: ListMitigations :many
select id, name, detail, done_by, reason, done_at from mitigations order by id desc limit @most;

-- name: CountFailedJobs :one
select count(*) from scheduled_jobs where status = 'failed' and enabled and (@job_type::text = '' or job_type = @job_type::text);

-- name: EndSession :one
-- Ends the session only while somebody waits for it: an id may have got another session.
select (case when exists (
    select from pg_stat_activity w where w.pid <> pg_backend_pid() and @pid::int = any (pg_blocking_pids(w.pid))
) then pg_terminate_backend(@pid::int) else false end)::boolean as ended;
