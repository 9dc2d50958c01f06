-- +goose Up
alter table outbox
    add column inline jsonb not null default '[]',        -- pictures within the HTML
    add column diary boolean not null default false,      -- holds figures of a tracking service: blanked within a day
    add column week_of date,                              -- the week that a reply speaks of
    add column reply_key text unique;                     -- names the mail in the address for replies

create index outbox_diary on outbox (created_at) where diary;

-- +goose Down
alter table outbox drop column inline, drop column diary, drop column week_of, drop column reply_key;
