-- +goose Up
-- Libraries that people connected by an invitation are asked within bounds.
alter table connections add column invited boolean not null default false;

-- +goose Down
alter table connections drop column invited;
