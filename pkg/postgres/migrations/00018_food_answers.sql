-- +goose Up
-- What users said of foods of their library that the tables do not know. It is told of the
-- library: everybody who cooks from it eats the same food.
create table food_answers (
    connection_id text not null references connections (id) on delete cascade,
    food_key text not null, -- how names are compared
    food text not null,
    is_food text not null default '',
    told boolean not null default false,
    contains text[] not null default '{}', -- allergen groups, if told
    ignored boolean not null default false,
    answered_at timestamptz not null default now(),
    answered_by text not null,
    primary key (connection_id, food_key),
    check (ignored or told or is_food <> '')
);

-- Every answer that was given, changed or taken back.
create table food_answers_audit (
    id bigint generated always as identity primary key,
    connection_id text not null,
    food text not null,
    was jsonb, -- null: there was none
    became jsonb, -- null: it was taken back
    at timestamptz not null default now(),
    by text not null
);

create index food_answers_audit_connection on food_answers_audit (connection_id, id);

-- +goose Down
drop table food_answers_audit, food_answers;
