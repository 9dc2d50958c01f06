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

-- name: ListPlans :many
select data, outdated from plans where user_id = @user_id and week_of between @first and @last order by week_of;

-- name: ListPlanStates :many
-- The weeks from @first on, newest first, with what became of their mail; '' is everybody.
select p.user_id, p.week_of, p.status, p.created_at, coalesce(p.outdated, '')::text as outdated,
       coalesce(o.status, '')::text as mail, count(d.day) as planned_days,
       count(d.day) filter (where (d.day ->> 'balanced')::boolean) as balanced_days
from plans p
left join lateral jsonb_array_elements(p.data -> 'week' -> 'days') as d(day)
  on jsonb_path_exists(d.day, '$.meals[*] ? (@ != null)') or jsonb_array_length(coalesce(d.day -> 'missing', '[]')) > 0
left join outbox o on o.user_id = p.user_id and o.email_type = 'weekly_plan' and o.period = p.week_of::text
where (@user_id::text = '' or p.user_id = @user_id) and p.week_of >= @first
group by p.id, o.status
order by p.week_of desc, p.user_id;

-- name: ListPlannedUsers :many
select user_id from plans where week_of = @week_of order by user_id;

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
