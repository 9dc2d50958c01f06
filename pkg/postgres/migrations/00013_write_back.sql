-- +goose Up
-- What the library showed when it was first seen, and which of its meal types are ours.
alter table connections
    add column space_id bigint not null default 0,
    add column space_name text not null default '',
    add column meal_types bigint[] not null default '{0,0,0}';

-- Recipes that cannot be used until they change, so that nobody asks for them again.
create table refused_recipes (
    connection_id text not null references connections (id) on delete cascade,
    recipe_id bigint not null,
    updated_at timestamptz not null,
    primary key (connection_id, recipe_id)
);

-- What was written to the library, by the library's ids: these and no others are ours.
create table written_back (
    id bigint generated always as identity primary key,
    plan_id bigint not null references plans (id) on delete cascade,
    connection_id text not null references connections (id) on delete cascade,
    space_id bigint not null,
    kind text not null check (kind in ('meal', 'line')),
    state text not null check (state in ('pending', 'ours', 'leaving', 'theirs', 'bought', 'refused')),
    remote_id bigint, -- null: not known
    content jsonb not null, -- date, meal, recipe and servings, or food, unit and amount
    updated_at timestamptz not null default now(),
    unique (connection_id, space_id, kind, remote_id)
);

create index written_back_plan on written_back (plan_id);

-- How the last write-back of a plan went.
create table write_backs (
    plan_id bigint primary key references plans (id) on delete cascade,
    adopted boolean not null default false, -- what older versions wrote was looked for
    refused text[] not null default '{}',
    error text not null default '',
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now()
);

-- Another address is another library: its space, meal types and entries have other numbers.
-- +goose StatementBegin
create function renew_write_back() returns trigger language plpgsql as $$
begin
    if new.url <> old.url then
        delete from written_back where connection_id = new.id;
        delete from refused_recipes where connection_id = new.id;
        new.space_id := 0;
        new.space_name := '';
        new.meal_types := '{0,0,0}';
    end if;
    return new;
end $$;
-- +goose StatementEnd

create trigger renew_write_back before update on connections for each row execute function renew_write_back();

-- +goose Down
drop trigger renew_write_back on connections;
drop function renew_write_back;
drop table write_backs, written_back, refused_recipes;
alter table connections drop column space_id, drop column space_name, drop column meal_types;
