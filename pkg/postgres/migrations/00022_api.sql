-- +goose Up
-- What programs sign in with, and secret addresses of calendars. Only digests are kept.
create table api_tokens (
    id bigint generated always as identity primary key,
    user_id text not null references users (id) on delete cascade,
    digest bytea not null unique,
    name text not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz, -- null: never
    used_at timestamptz     -- to the minute; null: never
);

create index api_tokens_user on api_tokens (user_id, id);

-- Answers to requests that may be repeated, for a day.
create table api_answers (
    token_id bigint not null references api_tokens (id) on delete cascade,
    key text not null,
    claim bytea not null, -- names the attempt that answers
    effect bytea not null, -- names what the request does, the same in each attempt
    request bytea not null, -- its digest
    answer jsonb, -- null: it is under way
    created_at timestamptz not null default now(),
    primary key (token_id, key)
);

create index api_answers_age on api_answers (created_at);

-- Commands come from programs, too.
alter table steerings drop constraint steerings_source_check;
alter table steerings add constraint steerings_source_check check (source in ('mail', 'button', 'page', 'api'));

-- A reason that concerns a whole week was stored with a day that is none, so that the week could not be read.
update plans set data = replace(data::text, '"date": "0000-12-31", ', '')::jsonb where data::text like '%"0000-12-31"%';
update steerings set before = replace(before::text, '"date": "0000-12-31", ', '')::jsonb where before::text like '%"0000-12-31"%';

-- +goose Down
delete from steerings where source = 'api';
alter table steerings drop constraint steerings_source_check;
alter table steerings add constraint steerings_source_check check (source in ('mail', 'button', 'page'));
drop table api_answers, api_tokens;
