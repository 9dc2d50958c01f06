-- +goose Up
-- Links by which people sign in; each works once, for minutes. Only their digests are kept.
create table sign_in_links (
    digest bytea primary key,
    user_id text not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);

create index sign_in_links_user on sign_in_links (user_id, created_at);

-- Browsers that are signed in, by the digest of their cookie.
create table sessions (
    token text primary key,
    user_id text references users (id) on delete cascade, -- null: nobody has signed in yet
    data bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

-- Shopping lists as people work them off. The version grows with each change.
create table shopping_lists (
    user_id text not null references users (id) on delete cascade,
    week_of date not null,
    version bigint not null default 1,
    primary key (user_id, week_of)
);

-- What is ticked: a food of the list with the amount that was ticked, so that a tick ends when
-- more is needed.
create table shopping_ticks (
    user_id text not null,
    week_of date not null,
    food text not null,
    name text not null, -- as the list called it
    amount text not null,
    ticked_at timestamptz not null default now(),
    primary key (user_id, week_of, food),
    foreign key (user_id, week_of) references shopping_lists (user_id, week_of) on delete cascade
);

-- What people add themselves.
create table shopping_items (
    id bigint generated always as identity primary key,
    user_id text not null,
    week_of date not null,
    text text not null,
    ticked_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (user_id, week_of) references shopping_lists (user_id, week_of) on delete cascade
);

create index shopping_items_list on shopping_items (user_id, week_of);

-- Commands come from pages, too.
alter table steerings drop constraint steerings_source_check;
alter table steerings add constraint steerings_source_check check (source in ('mail', 'button', 'page'));

-- A former address signs nobody in.
-- +goose StatementBegin
create or replace function end_links() returns trigger language plpgsql as $$
begin
    new.links_from := coalesce((select max(sent_at) from outbox where user_id = new.id and status = 'sent'), old.links_from);
    update sessions set user_id = null, data = '', expires_at = now() where user_id = new.id;
    return new;
end $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function end_links() returns trigger language plpgsql as $$
begin
    new.links_from := coalesce((select max(sent_at) from outbox where user_id = new.id and status = 'sent'), old.links_from);
    return new;
end $$;
-- +goose StatementEnd
delete from steerings where source = 'page';
alter table steerings drop constraint steerings_source_check;
alter table steerings add constraint steerings_source_check check (source in ('mail', 'button'));
drop table shopping_items, shopping_ticks, shopping_lists, sessions, sign_in_links;
