-- +goose Up
-- Which form the stored recipe has: what an older version stored lacks what later ones look
-- at. It is read from the recipe, so whoever writes one cannot state another form.
alter table recipes add column form integer not null generated always as (coalesce((data ->> 'form')::integer, 0)) stored;

-- +goose Down
alter table recipes drop column form;
