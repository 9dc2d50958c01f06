-- name: UpsertConnection :exec
insert into connections (id, url, token_sealed, keyword_meals, write_back)
values (@id, @url, @token_sealed, @keyword_meals, @write_back)
on conflict (id) do update
set url = excluded.url, token_sealed = excluded.token_sealed,
    keyword_meals = excluded.keyword_meals, write_back = excluded.write_back, last_error = '';

-- name: GetConnection :one
select * from connections where id = @id;

-- name: ListConnections :many
select * from connections order by id;

-- name: MarkSynced :exec
update connections
set synced_at = @synced_at, last_error = '',
    full_sync_at = coalesce(sqlc.narg(full_sync_at), full_sync_at)
where id = @id;

-- name: MarkSyncFailed :exec
update connections set last_error = @last_error where id = @id;

-- name: InsertUser :exec
insert into users (id, email, name, time_zone, enabled, people, connection_id, settings, fatsecret_sealed)
values (@id, @email, @name, @time_zone, @enabled, @people, @connection_id, @settings, @fatsecret_sealed);

-- name: UpdateUser :execrows
update users
set email = @email, name = @name, time_zone = @time_zone, enabled = @enabled, people = @people,
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

-- name: ListRecipes :many
select recipe_id, xmin::text as version, data from recipes
where connection_id = @connection_id and recipe_id = any(@ids::bigint[])
order by recipe_id;

-- name: ListRecipeVersions :many
select recipe_id, updated_at, form, xmin::text as version from recipes where connection_id = @connection_id order by recipe_id;

-- name: UpsertRecipe :batchexec
insert into recipes (connection_id, recipe_id, updated_at, fetched_at, data)
values (@connection_id, @recipe_id, @updated_at, @fetched_at, @data)
on conflict (connection_id, recipe_id) do update
set updated_at = excluded.updated_at, fetched_at = excluded.fetched_at, data = excluded.data;

-- name: DeleteRecipes :exec
delete from recipes where connection_id = @connection_id and recipe_id = any(@ids::bigint[]);

-- name: DeleteRecipeProblems :exec
delete from recipe_problems where connection_id = @connection_id and recipe_id = any(@ids::bigint[]);

-- name: UpsertRecipeProblem :batchexec
insert into recipe_problems (connection_id, recipe_id, name, field, problem)
values (@connection_id, @recipe_id, @name, @field, @problem)
on conflict (connection_id, recipe_id, field) do update
set name = excluded.name, problem = excluded.problem;

-- name: ListRecipeProblems :many
select recipe_id, name, field, problem from recipe_problems where connection_id = @connection_id order by recipe_id, field;

-- name: GetConstraints :one
select data from week_constraints where user_id = @user_id and week_of = @week_of;

-- name: UpsertConstraints :exec
insert into week_constraints (user_id, week_of, data) values (@user_id, @week_of, @data)
on conflict (user_id, week_of) do update set data = excluded.data, updated_at = now();

-- name: ListRotation :many
select recipe_id, meal, max(date)::date as last_used
from plan_meals
where user_id = @user_id and date < @before_date
group by recipe_id, meal
order by recipe_id, meal;

-- name: GetPlan :one
select * from plans where user_id = @user_id and week_of = @week_of;

-- name: InsertPlan :one
insert into plans (user_id, week_of, generation_id, status, optimal, data)
values (@user_id, @week_of, @generation_id, @status, @optimal, @data)
on conflict (user_id, week_of) do nothing
returning id;

-- name: InsertPlanMeal :batchexec
insert into plan_meals (plan_id, user_id, date, meal, recipe_id, servings, source)
values (@plan_id, @user_id, @date, @meal, @recipe_id, @servings, @source);

-- name: MacroBalance :many
select user_id, avg((status = 'balanced')::int)::float8 as rate
from (
    select user_id, status, row_number() over (partition by user_id order by week_of desc) as n from plans
) as recent
where n <= 4
group by user_id
order by user_id;

-- name: InsertMail :execrows
-- One mail per user, type and period.
insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, headers, trace_parent, inline, diary, week_of, reply_key, fingerprint)
values (@user_id, @email_type, @period, @message_id, @recipient, @subject, @text_body, @html_body, @headers, @trace_parent, @inline, @diary, sqlc.narg(week_of), sqlc.narg(reply_key), sqlc.narg(fingerprint))
on conflict (user_id, email_type, period) do nothing;

-- name: HasMail :one
select exists (select from outbox where user_id = @user_id and email_type = @email_type and period = @period::text);

-- name: BlankDiaryMails :execrows
-- What holds figures of a tracking service is gone after 23 hours, sent or not.
update outbox
set subject = '', text_body = '', html_body = '', inline = '[]', diary = false,
    status = case when status = 'pending' then 'failed' else status end,
    last_error = case when status = 'pending' then 'not sent within 23 hours: its diary figures may not be kept longer' else last_error end
where diary and created_at <= now() - interval '23 hours';

-- name: ListPlans :many
select data, outdated from plans where user_id = @user_id and week_of between @first and @last order by week_of;

-- name: ListPlanStates :many
-- The weeks from @first on, newest first, with what became of their mail; '' is everybody.
select p.user_id, p.week_of, p.status, p.created_at, coalesce(p.outdated, '')::text as outdated,
       coalesce(o.status, '')::text as mail, (select count(*) from jsonb_array_elements(p.data -> 'week' -> 'days') d where (d ->> 'balanced')::boolean) as balanced_days
from plans p
left join outbox o on o.user_id = p.user_id and o.email_type = 'weekly_plan' and o.period = p.week_of::text
where (@user_id::text = '' or p.user_id = @user_id) and p.week_of >= @first
order by p.week_of desc, p.user_id;

-- name: ClaimMail :one
-- Nothing goes to a user whose plan is outdated: it may show meals they must not eat.
select * from outbox o
where status = 'pending' and next_attempt_at <= now()
  and not exists (select from plans p where p.user_id = o.user_id and p.outdated in ('settings', 'library'))
order by next_attempt_at, id
limit 1
for update of o skip locked;

-- name: MarkMailSent :exec
update outbox set status = 'sent', attempts = attempts + 1, sent_at = now(), last_error = '' where id = @id;

-- name: MarkMailDeferred :exec
update outbox
set attempts = attempts + 1, last_error = @last_error, next_attempt_at = now() + make_interval(secs => @delay_seconds::float8)
where id = @id;

-- name: MarkMailFailed :exec
update outbox set status = 'failed', attempts = attempts + 1, last_error = @last_error where id = @id;

-- name: CountPendingMail :one
select count(*) from outbox where status = 'pending';

-- name: MailDelivery :many
select email_type,
       count(*) filter (where status = 'sent' and bounced_at is null) as sent,
       count(*) filter (where status = 'failed' or bounced_at is not null) as failed
from outbox
where status <> 'pending' and coalesce(bounced_at, sent_at, next_attempt_at) > now() - interval '24 hours'
group by email_type
order by email_type;

-- name: TakeBudget :one
insert into api_budget (api, day, calls) values (@api, (now() at time zone 'utc')::date, @calls)
on conflict (api, day) do update set calls = api_budget.calls + excluded.calls
where api_budget.calls + excluded.calls <= @budget::int
returning calls;

-- name: PutFatSecret :exec
insert into fatsecret_cache (user_id, kind, data, fetched_at) values (@user_id, @kind, @data, now())
on conflict (user_id, kind) do update set data = excluded.data, fetched_at = now();

-- name: GetFatSecret :one
select data from fatsecret_cache
where user_id = @user_id and kind = @kind and fetched_at > now() - interval '23 hours';

-- name: ListFatSecret :many
select kind, data from fatsecret_cache
where user_id = @user_id and kind like @kind_pattern and fetched_at > now() - interval '23 hours';

-- name: PurgeFatSecret :execrows
delete from fatsecret_cache where fetched_at <= now() - interval '23 hours';

-- name: PutFatSecretPending :exec
insert into fatsecret_pending (request_token, user_id, secret_sealed) values (@request_token, @user_id, @secret_sealed);

-- name: TakeFatSecretPending :one
delete from fatsecret_pending
where request_token = @request_token and created_at > now() - interval '15 minutes'
returning user_id, secret_sealed;

-- name: ListPlannedUsers :many
select user_id from plans where week_of = @week_of order by user_id;

-- name: PurgeFatSecretPending :exec
delete from fatsecret_pending where created_at <= now() - interval '15 minutes';

-- name: AddNoMail :execrows
update users
set settings = jsonb_set(settings, '{no_mail}', coalesce(nullif(settings -> 'no_mail', 'null'), '[]') || to_jsonb(@email_type::text)),
    updated_at = now()
where id = @id and not coalesce(nullif(settings -> 'no_mail', 'null'), '[]') ? @email_type::text;

-- name: DueWeeks :many
-- For each of the given weeks: how many enabled users' runs were due by @at, how many of
-- those lack a plan, and how many lack it though their run was due @grace_seconds earlier.
-- A run is due when the user's settings say, on the user's clock.
with asked as (
    select @at::timestamptz as clock, make_interval(secs => @grace_seconds::float8) as grace
), run as (
    select u.id as owner, w.monday, timezone(u.time_zone, w.monday::timestamp - weekly_lead(u.settings)) as due_at, u.created_at
    from users u
    cross join (select unnest(@weeks::date[]) as monday) w
    where u.enabled
)
select run.monday::date as monday,
    count(*) filter (where p.id is null) as missing,
    count(*) filter (where p.id is null and run.due_at < asked.clock - asked.grace) as late
from run
cross join asked
left join plans p on p.user_id = run.owner and p.week_of = run.monday
where run.due_at <= asked.clock and run.created_at < run.due_at
group by run.monday
order by run.monday desc;

-- name: LastPlanStored :one
select coalesce(max(created_at), 'epoch')::timestamptz from plans;

-- name: CallsToday :one
select coalesce((select calls from api_budget where api = @api and day = (now() at time zone 'utc')::date), 0)::int;

-- name: SetDebugUser :exec
insert into debug_users (user_id, until) values (@user_id, @until)
on conflict (user_id) do update set until = excluded.until;

-- name: ListDebugUsers :many
select user_id, until from debug_users where until > @at;

-- name: PurgeDebugUsers :exec
delete from debug_users where until <= @at;

-- name: LinksFrom :one
select links_from from users where id = @id;
