-- +goose Up
-- Every mail and click of a known user that was looked at: the audit of commands.
create table steerings (
    id bigint generated always as identity primary key,
    user_id text not null references users (id) on delete cascade,
    week_of date not null,
    source text not null check (source in ('mail', 'button')),
    message_id text not null,
    digest text not null,
    outcome text not null,
    commands jsonb not null default '[]',
    results jsonb not null default '[]',
    before jsonb,            -- what UNDO brings back
    undone_at timestamptz,
    trace_id text not null default '',
    created_at timestamptz not null default now(),
    unique (user_id, message_id),
    unique (user_id, digest)
);

create index steerings_recent on steerings (user_id, created_at);

-- Meals that a user confirmed to have eaten as planned.
create table meal_log (
    user_id text not null references users (id) on delete cascade,
    date date not null,
    meal text not null check (meal in ('breakfast', 'lunch', 'dinner')),
    recipe_id bigint not null,
    servings integer not null check (servings > 0), -- ten-thousandths
    confirmed_at timestamptz not null default now(),
    primary key (user_id, date, meal)
);

-- How far each mailbox folder was read.
create table inbox_watermarks (
    folder text primary key,
    uid_validity bigint not null,
    uid bigint not null,
    updated_at timestamptz not null default now()
);

-- +goose Down
drop table inbox_watermarks, meal_log, steerings;
