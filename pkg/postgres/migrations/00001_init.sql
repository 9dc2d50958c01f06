-- +goose Up
create table connections (
    id text primary key,
    url text not null,
    token_sealed bytea not null,
    keyword_meals jsonb not null default '{}',
    write_back boolean not null default false,
    synced_at timestamptz,
    full_sync_at timestamptz,
    last_error text not null default '',
    created_at timestamptz not null default now()
);

create table users (
    id text primary key check (id ~ '^[a-z0-9_]{1,64}$'),
    email text not null,
    name text not null,
    time_zone text not null default 'UTC',
    enabled boolean not null default true,
    people integer not null default 1 check (people between 1 and 20),
    connection_id text not null references connections (id),
    settings jsonb not null default '{}',
    fatsecret_sealed bytea,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table recipes (
    connection_id text not null references connections (id) on delete cascade,
    recipe_id bigint not null,
    updated_at timestamptz not null,
    fetched_at timestamptz not null,
    data jsonb not null,
    primary key (connection_id, recipe_id)
);

create table recipe_problems (
    connection_id text not null references connections (id) on delete cascade,
    recipe_id bigint not null,
    name text not null,
    field text not null,
    problem text not null,
    primary key (connection_id, recipe_id, field)
);

create table week_constraints (
    user_id text not null references users (id) on delete cascade,
    week_of date not null check (extract(isodow from week_of) = 1),
    data jsonb not null,
    updated_at timestamptz not null default now(),
    primary key (user_id, week_of)
);

create table plans (
    id bigint generated always as identity primary key,
    user_id text not null references users (id) on delete cascade,
    week_of date not null check (extract(isodow from week_of) = 1),
    generation_id text not null,
    status text not null check (status in ('balanced', 'unbalanced')),
    optimal boolean not null,
    data jsonb not null,
    created_at timestamptz not null default now(),
    published_at timestamptz, -- when it was written back to the library
    unique (user_id, week_of)
);

create table plan_meals (
    plan_id bigint not null references plans (id) on delete cascade,
    user_id text not null,
    date date not null,
    meal text not null check (meal in ('breakfast', 'lunch', 'dinner')),
    recipe_id bigint not null,
    servings integer not null check (servings > 0), -- ten-thousandths
    source text not null check (source in ('chosen', 'locked', 'travel')),
    primary key (user_id, date, meal)
);

-- When each user last had each recipe, per meal: what the rotation rule looks at.
create view recipe_rotation as
select user_id, recipe_id, meal, max(date) as last_used, count(*) as uses
from plan_meals
group by user_id, recipe_id, meal;

create table outbox (
    id bigint generated always as identity primary key,
    user_id text not null references users (id) on delete cascade,
    email_type text not null,
    period text not null,
    message_id text not null unique,
    recipient text not null,
    subject text not null,
    text_body text not null,
    html_body text not null,
    headers jsonb not null default '{}',
    trace_parent text not null default '',
    status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text not null default '',
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    unique (user_id, email_type, period)
);

create index outbox_due on outbox (next_attempt_at) where status = 'pending';

-- FatSecret's content may be kept for 24 hours at most; rows are purged at 23.
create table fatsecret_cache (
    user_id text not null references users (id) on delete cascade,
    kind text not null,
    data jsonb not null,
    fetched_at timestamptz not null,
    primary key (user_id, kind)
);

create table api_budget (
    api text not null,
    day date not null,
    calls integer not null,
    primary key (api, day)
);

create table fatsecret_pending (
    request_token text primary key,
    user_id text not null references users (id) on delete cascade,
    secret_sealed bytea not null,
    created_at timestamptz not null default now()
);

-- +goose Down
drop table fatsecret_pending, api_budget, fatsecret_cache, outbox;
drop view recipe_rotation;
drop table plan_meals, plans, week_constraints, recipe_problems, recipes, users, connections;
