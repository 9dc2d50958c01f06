-- +goose Up
-- Operators see the state of the installation on the pages.
alter table users add column operator boolean not null default false;

-- +goose Down
alter table users drop column operator;
