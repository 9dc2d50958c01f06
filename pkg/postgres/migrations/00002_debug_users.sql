-- +goose Up
-- Users whose DEBUG lines every process writes until the given time.
create table debug_users (
    user_id text primary key references users (id) on delete cascade,
    until timestamptz not null
);

-- +goose Down
drop table debug_users;
