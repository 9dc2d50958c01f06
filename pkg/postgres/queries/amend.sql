-- name: ListOutdatedUsers :many
select distinct user_id from plans where outdated is not null order by user_id;

-- name: ListOutdatedPlans :many
select week_of, outdated::text as outdated from plans where user_id = @user_id and outdated is not null order by week_of;

-- name: MarkPlanChecked :exec
update plans set outdated = null where user_id = @user_id and week_of = @week_of;

-- name: OutdateByRecipes :exec
-- The coming meals of those who cook from a library whose recipes changed: a changed dish,
-- for users with an allergy or a diet any dish, since it may hold a changed one, and meals that are
-- missing, since there may be something for them now.
update plans p set outdated = 'recipes'
from users u
where u.id = p.user_id and u.connection_id = @connection_id and p.outdated is null and p.week_of > current_date - 8
  and (jsonb_path_exists(p.data, '$.week.days[*].missing[*]') or exists (
    select from plan_meals m
    where m.plan_id = p.id and m.date >= current_date - 1
      and (m.recipe_id = any(@recipe_ids::bigint[]) or jsonb_array_length(coalesce(nullif(u.settings -> 'allergens', 'null'), '[]')) > 0
        or jsonb_array_length(coalesce(nullif(u.settings -> 'diets', 'null'), '[]')) > 0)
  ));

-- name: DropPendingMails :many
-- What waits to be sent and shows a dish that is not planned any more, and the week's own
-- mail. An answer that was written with the change itself is right as it is.
delete from outbox o
using users u
where u.id = o.user_id and o.user_id = @user_id and o.status = 'pending'
  and (o.email_type = 'weekly_plan' and o.week_of = @week_of
    or (@whenever::boolean or o.created_at < u.updated_at)
      and exists (select from unnest(@dishes::text[]) as dish where position(dish in o.text_body) > 0))
returning o.email_type;

-- name: SettingsChangedSince :one
-- Whether the user was changed after a steering was carried out.
select u.updated_at > s.created_at from steerings s join users u on u.id = s.user_id where s.id = @id;

-- name: OutdatePlan :exec
update plans set outdated = 'settings' where user_id = @user_id and week_of = @week_of and outdated is distinct from 'library';
