-- +goose Up
-- Whose order of aisles the groceries of a library follow; '' is the first supermarket's.
alter table connections add column supermarket text not null default '';

-- Another address is another library: its recipe numbers mean other dishes. Whoever changes it says
-- how the new one is read, perhaps as the old one was.
-- +goose StatementBegin
create or replace function renew_library() returns trigger language plpgsql as $$
begin
    if new.url <> old.url then
        delete from recipes where connection_id = new.id;
        delete from recipe_problems where connection_id = new.id;
        update plans p set outdated = 'library', published_at = coalesce(p.published_at, now()) from users u where u.id = p.user_id and u.connection_id = new.id;
        new.synced_at := null;
        new.full_sync_at := null;
        new.last_error := '';
    end if;
    return new;
end $$;
-- +goose StatementEnd

-- +goose Down
-- Another address is another library: its recipe numbers mean other dishes.
-- +goose StatementBegin
create or replace function renew_library() returns trigger language plpgsql as $$
begin
    if new.url <> old.url then
        delete from recipes where connection_id = new.id;
        delete from recipe_problems where connection_id = new.id;
        update plans p set outdated = 'library', published_at = coalesce(p.published_at, now()) from users u where u.id = p.user_id and u.connection_id = new.id;
        new.synced_at := null;
        new.full_sync_at := null;
        new.keyword_meals := '{}';
        new.last_error := '';
    end if;
    return new;
end $$;
-- +goose StatementEnd

alter table connections drop column supermarket;
