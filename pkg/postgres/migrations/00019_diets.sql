-- +goose Up
-- A change of diets outdates plans as one of allergens does.
-- +goose StatementBegin
create or replace function outdate_plans() returns trigger language plpgsql as $$
declare
    lists constant text[] := array['allergens', 'diets', 'dislikes', 'avoid_tags'];
    changed boolean;
    stricter boolean;
begin
    new.updated_at := now();
    if new.connection_id <> old.connection_id then
        update plans set outdated = 'library' where user_id = new.id;
    else
        select bool_or(new.settings -> list is distinct from old.settings -> list),
            coalesce(bool_or(not coalesce(nullif(old.settings -> list, 'null'), '[]') @> coalesce(nullif(new.settings -> list, 'null'), '[]')), false)
        into changed, stricter
        from unnest(lists) as list;
        if changed then
            update plans set outdated = case when stricter then 'settings' else 'relaxed' end
            where user_id = new.id and outdated is distinct from 'library' and (stricter or outdated is distinct from 'settings');
        end if;
    end if;
    if new.email <> old.email then
        update outbox set recipient = new.email where user_id = new.id and status = 'pending';
    end if;
    return new;
end $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function outdate_plans() returns trigger language plpgsql as $$
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
