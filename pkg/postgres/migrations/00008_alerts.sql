-- +goose Up
-- What the service did about its own alerts: once for each beginning and end of each.
create table alert_responses (
    id bigint generated always as identity primary key,
    fingerprint text not null,
    starts_at timestamptz not null,
    status text not null check (status in ('firing', 'resolved')),
    action text not null,
    alert text not null,
    labels jsonb not null,
    result text check (result in ('done', 'nothing_to_do', 'failed')), -- null while it goes on
    detail text,
    begun_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (fingerprint, starts_at, status, action)
);
create index alert_responses_begun on alert_responses (begun_at);

-- Who took a page over. The silence is Alertmanager's and covers tier 2 only.
create table alert_acknowledgements (
    silence_id text primary key,
    alert text not null,
    labels jsonb not null,
    acknowledged_by text not null,
    comment text not null default '',
    acknowledged_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index alert_acknowledgements_open on alert_acknowledgements (alert) where ended_at is null;

create table alert_heartbeat (
    id boolean primary key default true check (id),
    last_beat timestamptz not null,
    silent boolean not null default false
);

-- +goose Down
drop table alert_responses, alert_acknowledgements, alert_heartbeat;
