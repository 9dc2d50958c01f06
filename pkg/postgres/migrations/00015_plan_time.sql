-- +goose Up
-- When a user's weeks are planned: settings' plan_day and plan_hour, else Friday at 6.

-- +goose StatementBegin
create function weekly_cron(settings jsonb) returns text immutable language sql as $$
    select case when settings ? 'plan_day'
        then format('0 %s * * %s', coalesce(settings ->> 'plan_hour', '0'), array_position(array['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'], settings ->> 'plan_day') - 1)
        else '0 6 * * 5' end
$$;

-- From then to the Monday of the week that is planned.
create function weekly_lead(settings jsonb) returns interval immutable language sql as $$
    select case when settings ? 'plan_day'
        then make_interval(hours => 24 * (1 + (7 - array_position(array['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'], settings ->> 'plan_day') + 1) % 7) - coalesce((settings ->> 'plan_hour')::int, 0))
        else interval '66 hours' end
$$;

create function user_plan_time() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or weekly_cron(new.settings) <> weekly_cron(old.settings) then
        update scheduled_jobs set cron = weekly_cron(new.settings) where user_id = new.id and job_type = 'WeeklyGeneration' and cron <> weekly_cron(new.settings);
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- After user_scheduled, which makes the jobs: triggers run in the order of their names.
create trigger user_scheduled_weekly after insert or update of settings on users for each row execute function user_plan_time();

-- +goose Down
drop trigger user_scheduled_weekly on users;
drop function user_plan_time, weekly_lead, weekly_cron;
