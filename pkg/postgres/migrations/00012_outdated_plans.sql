-- +goose Up
-- A plan that was made from other settings or recipes than those in force: nobody may cook
-- from it until it was checked again. Triggers set it, whatever changed the rows.
alter table plans add column outdated text check (outdated in ('relaxed', 'recipes', 'settings', 'library'));
create index plans_outdated on plans (user_id) where outdated is not null;

-- +goose StatementBegin
create function outdate_plans() returns trigger language plpgsql as $$
declare
    stricter boolean;
begin
    new.updated_at := now();
    if new.connection_id <> old.connection_id then
        update plans set outdated = 'library' where user_id = new.id;
    elsif (new.settings -> 'allergens', new.settings -> 'dislikes', new.settings -> 'avoid_tags')
        is distinct from (old.settings -> 'allergens', old.settings -> 'dislikes', old.settings -> 'avoid_tags') then
        select coalesce(bool_or(not coalesce(nullif(old.settings -> list, 'null'), '[]') @> coalesce(nullif(new.settings -> list, 'null'), '[]')), false)
        into stricter
        from unnest(array['allergens', 'dislikes', 'avoid_tags']) as list;
        update plans set outdated = case when stricter then 'settings' else 'relaxed' end
        where user_id = new.id and outdated is distinct from 'library' and (stricter or outdated is distinct from 'settings');
    end if;
    if new.email <> old.email then
        update outbox set recipient = new.email where user_id = new.id and status = 'pending';
    end if;
    return new;
end $$;
-- +goose StatementEnd

create trigger outdate_plans before update on users for each row execute function outdate_plans();

-- Another address is another library: its recipe numbers mean other dishes.
-- +goose StatementBegin
create function renew_library() returns trigger language plpgsql as $$
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

create trigger renew_library before update on connections for each row execute function renew_library();

-- +goose Down
drop trigger renew_library on connections;
drop function renew_library;
drop trigger outdate_plans on users;
drop function outdate_plans;
alter table plans drop column outdated;
