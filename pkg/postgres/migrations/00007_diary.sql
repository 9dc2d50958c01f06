-- +goose Up
-- What a user confirmed as eaten, line by line, on its way to their FatSecret diary: one row
-- for each intended entry. Of FatSecret's content only ids are kept.
create table diary_entries (
    user_id text not null references users (id) on delete cascade,
    date date not null,
    meal text not null check (meal in ('breakfast', 'lunch', 'dinner')),
    line integer not null,
    recipe_id bigint not null,
    food text not null,                -- our name
    food_id text not null default '',
    serving_id text not null default '',
    entry_id text not null default '', -- '': not written
    status text not null check (status in ('intended', 'written', 'unmapped')),
    created_at timestamptz not null default now(),
    written_at timestamptz,
    primary key (user_id, date, meal, line)
);

-- Which FatSecret food an ingredient is; only exact names are taken.
create table fatsecret_foods (
    name text primary key,
    food_id text not null default '', -- '': there is none by that name
    serving_id text not null default '',
    looked_up_at timestamptz not null default now()
);

-- +goose Down
drop table fatsecret_foods, diary_entries;
