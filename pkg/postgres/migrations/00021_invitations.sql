-- +goose Up
-- People who set themselves up by a link. Only its digest is kept; draft is what they entered.
create table invitations (
    user_id text primary key, -- of the user to be
    email text not null,
    digest bytea not null unique,
    draft jsonb not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

-- +goose Down
drop table invitations;
