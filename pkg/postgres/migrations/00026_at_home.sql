-- +goose Up
-- What somebody has at home leaves the list of what to buy, until more of it is needed.
alter table shopping_ticks add column home boolean not null default false;
alter table shopping_ticks add column need jsonb; -- that is at home: amounts by unit; null for a tick

-- +goose Down
delete from shopping_ticks where home;
alter table shopping_ticks drop column need, drop column home;
