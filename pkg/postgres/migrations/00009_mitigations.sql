-- +goose Up
-- What people did about trouble with `mealplanner mitigate`; changed settings are in
-- runtime_settings_audit too.
create table mitigations (
    id bigint generated always as identity primary key,
    name text not null,
    detail text not null,
    done_by text not null,
    reason text not null default '',
    done_at timestamptz not null default now()
);

-- +goose Down
drop table mitigations;
