-- name: InsertUser :exec
insert into users (id, email, name, time_zone, enabled, operator, people, connection_id, settings, fatsecret_sealed)
values (@id, @email, @name, @time_zone, @enabled, @operator, @people, @connection_id, @settings, @fatsecret_sealed);

-- name: UpdateUser :execrows
update users
set email = @email, name = @name, time_zone = @time_zone, enabled = @enabled, operator = @operator, people = @people,
    connection_id = @connection_id, settings = @settings, updated_at = now()
where id = @id;

-- name: SetFatSecretToken :execrows
update users set fatsecret_sealed = @fatsecret_sealed, updated_at = now() where id = @id;

-- name: GetUser :one
select * from users where id = @id;

-- name: ListUsers :many
select * from users order by id;

-- name: CountUsers :one
select count(*) from users;

-- name: AddNoMail :execrows
update users
set settings = jsonb_set(settings, '{no_mail}', coalesce(nullif(settings -> 'no_mail', 'null'), '[]') || to_jsonb(@email_type::text)),
    updated_at = now()
where id = @id and not coalesce(nullif(settings -> 'no_mail', 'null'), '[]') ? @email_type::text;

-- name: SetDebugUser :exec
insert into debug_users (user_id, until) values (@user_id, @until)
on conflict (user_id) do update set until = excluded.until;

-- name: ListDebugUsers :many
select user_id, until from debug_users where until > @at;

-- name: PurgeDebugUsers :exec
delete from debug_users where until <= @at;

-- name: LinksFrom :one
select links_from, coalesce(settings ->> 'language', '')::text as language from users where id = @id;
