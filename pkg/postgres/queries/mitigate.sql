-- name: NoteMitigation :exec
insert into mitigations (name, detail, done_by, reason) values (@name, @detail, @done_by, @reason);

-- name: ListMitigations :many
select id, name, detail, done_by, reason, done_at from mitigations order by id desc limit @most;

-- name: CountFailedJobs :one
select count(*) from scheduled_jobs where status = 'failed' and enabled and (@job_type::text = '' or job_type = @job_type::text);

-- name: EndSession :one
select pg_terminate_backend(@pid::int)::boolean as ended;
