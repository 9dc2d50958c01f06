-- +goose Up
-- The keys of MEALPLANNER_KEY, by name: which one seals and signs, and how long the links of
-- the others may still be followed.
create table keys (
    id text primary key check (id ~ '^[0-9a-f]{16}$'),
    in_use boolean not null default false,
    added_at timestamptz not null default now(),
    signed_at timestamptz, -- when a process last signed with it
    retired_at timestamptz,
    check (not in_use or retired_at is null)
);

create unique index keys_in_use on keys (in_use) where in_use;

-- Which processes run with which keys, the newest first.
create table key_holders (
    process text primary key,
    keys text[] not null,
    in_use text not null,
    seen_at timestamptz not null default now()
);

-- +goose Down
drop table key_holders, keys;
