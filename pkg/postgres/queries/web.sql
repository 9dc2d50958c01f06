-- name: FindUsersByEmail :many
select * from users where lower(email) = lower(@email) order by id;

-- name: CountSignInLinks :one
-- Those that can still be used: whoever asks in somebody's name must not lock them out.
select count(*) from sign_in_links where user_id = @user_id and used_at is null and expires_at > now();

-- name: CreateSignInLink :exec
insert into sign_in_links (digest, user_id, expires_at) values (@digest, @user_id, now() + make_interval(secs => @seconds::float8));

-- name: UseSignInLink :one
-- The user of a link that works; with @used it is used by this, and one of two at a time fails.
with valid as (
    select l.digest, l.user_id from sign_in_links l join users u on u.id = l.user_id
    where l.digest = @digest and l.used_at is null and l.expires_at > now()
      and l.created_at >= coalesce(u.links_from, l.created_at) -- none mailed to a former address
), done as (
    update sign_in_links l set used_at = now() from valid
    where l.digest = valid.digest and l.used_at is null and @used::boolean
    returning l.digest
)
select user_id from valid where not @used::boolean or exists (select from done);

-- name: FindSession :one
select data from sessions where token = @token and expires_at > now();

-- name: CommitSession :exec
insert into sessions (token, user_id, data, expires_at) values (@token, sqlc.narg(user_id), @data, @expires_at)
on conflict (token) do update set user_id = excluded.user_id, data = excluded.data, expires_at = excluded.expires_at
where sessions.expires_at > now(); -- one that was ended meanwhile stays so

-- name: EndBrowser :exec
-- It is kept for an hour, so that a request under way does not bring it back.
update sessions set user_id = null, data = '', expires_at = now() where token = @token;

-- name: EndBrowsers :execrows
update sessions set user_id = null, data = '', expires_at = now() where user_id = @user_id;

-- name: TouchShoppingList :one
-- Creates the list or counts a change of it, and locks it for the rest of the transaction.
insert into shopping_lists (user_id, week_of) values (@user_id, @week_of)
on conflict (user_id, week_of) do update set version = shopping_lists.version + 1
returning version;

-- name: ShoppingVersion :one
-- Changes with the list, and with what its user always has at home: 20 bits above those that count, which a
-- script can still hold.
select (coalesce((select version from shopping_lists where user_id = @user_id and week_of = @week_of), 0)
    + coalesce((select (hashtextextended(settings ->> 'staples', 0) & 1048575) << 32 from users where id = @user_id), 0))::bigint;

-- name: ListShoppingTicks :many
select food, name, amount, home, need from shopping_ticks where user_id = @user_id and week_of = @week_of order by ticked_at, food;

-- name: TickShopping :exec
insert into shopping_ticks (user_id, week_of, food, name, amount, home, need)
values (@user_id, @week_of, @food, @name, @amount, @home, sqlc.narg(need))
on conflict (user_id, week_of, food) do update
set name = excluded.name, amount = excluded.amount, home = excluded.home, need = excluded.need, ticked_at = now();

-- name: UntickShopping :exec
delete from shopping_ticks where user_id = @user_id and week_of = @week_of and food = @food and home = @home;

-- name: ListShoppingItems :many
select id, text, (ticked_at is not null)::boolean as ticked from shopping_items where user_id = @user_id and week_of = @week_of order by id;

-- name: CountShoppingItems :one
select count(*) from shopping_items where user_id = @user_id and week_of = @week_of;

-- name: AddShoppingItem :one
insert into shopping_items (user_id, week_of, text) values (@user_id, @week_of, @text) returning id;

-- name: TickShoppingItem :execrows
update shopping_items set ticked_at = case when @ticked::boolean then now() end
where user_id = @user_id and week_of = @week_of and id = @id;

-- name: DeleteShoppingItem :execrows
delete from shopping_items where user_id = @user_id and week_of = @week_of and id = @id;

-- name: UpsertInvitation :execrows
-- One that waits for the same address keeps what was entered; nothing is stored for an id that a
-- user has.
insert into invitations (user_id, email, digest, draft, expires_at)
select @user_id, @email, @digest, @draft, now() + make_interval(secs => @seconds::float8)
where not exists (select from users where id = @user_id)
on conflict (user_id) do update
set email = excluded.email, digest = excluded.digest, expires_at = excluded.expires_at,
    draft = case when invitations.email = excluded.email and invitations.expires_at > now() then invitations.draft else excluded.draft end;

-- name: OpenInvitation :one
select user_id from invitations where digest = @digest and expires_at > now();

-- name: GetInvitation :one
select * from invitations where user_id = @user_id and expires_at > now() for update;

-- name: SaveInvitation :exec
update invitations set draft = @draft where user_id = @user_id;

-- name: ListInvitations :many
select * from invitations order by user_id;

-- name: DeleteInvitation :execrows
-- With the library that was connected for it, if it is in nobody's use.
with gone as (delete from invitations where user_id = @user_id returning draft),
lone as (
    delete from connections c using gone where gone.draft ->> 'owned' = 'true' and c.id = gone.draft ->> 'connection'
      and not exists (select from users u where u.connection_id = c.id)
    returning c.id
),
noted as (
    delete from runtime_settings_audit a using lone where a.name = 'write-back of ' || lone.id
)
select from gone;

-- name: PurgeInvitations :execrows
with gone as (delete from invitations where expires_at < now() returning draft),
lone as (
    delete from connections c using gone where gone.draft ->> 'owned' = 'true' and c.id = gone.draft ->> 'connection'
      and not exists (select from users u where u.connection_id = c.id)
    returning c.id
),
noted as (
    delete from runtime_settings_audit a using lone where a.name = 'write-back of ' || lone.id
)
select from gone;

-- name: PurgePages :exec
-- What pages and programs leave behind, by one statement: each costs series.
with links as (delete from sign_in_links where created_at < now() - interval '1 day'),
browsers as (delete from sessions where expires_at < now() - interval '1 hour'),
repeats as (delete from api_answers where created_at < now() - interval '1 day'),
told as (delete from webhook_deliveries where created_at < now() - interval '30 days')
delete from shopping_lists where week_of < current_date - @days::int;
