-- The server's own views that statements read, declared for sqlc, which does not know them.
create table pg_class (oid oid not null, relname text not null, relnamespace oid not null);
create table pg_locks (pid integer, locktype text not null, relation oid, granted boolean not null, mode text not null, waitstart timestamptz);
create table pg_stat_activity (
    pid integer not null, datname text, application_name text, state text, query text, wait_event_type text, backend_type text,
    xact_start timestamptz, query_start timestamptz
);
create function pg_blocking_pids(integer) returns integer[] language sql return '{}'::integer[];
