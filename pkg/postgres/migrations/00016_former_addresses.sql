-- +goose Up
-- Links in mails to an address that the user gave up end: what was issued up to then counts
-- no more. What waits follows the new address and keeps its links.
alter table users add column links_from timestamptz;

-- +goose StatementBegin
create function end_links() returns trigger language plpgsql as $$
begin
    new.links_from := coalesce((select max(sent_at) from outbox where user_id = new.id and status = 'sent'), old.links_from);
    return new;
end $$;
-- +goose StatementEnd

create trigger end_links before update of email on users for each row when (new.email <> old.email) execute function end_links();

-- +goose Down
drop trigger end_links on users;
drop function end_links;
alter table users drop column links_from;
