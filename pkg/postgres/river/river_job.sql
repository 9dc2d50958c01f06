-- The columns of River's table that our statements name, for sqlc. River makes the table.
create table river_job (
    id bigint primary key,
    kind text not null,
    state text not null,
    scheduled_at timestamptz not null,
    priority smallint not null
);
