-- +goose Up
-- Where users want to be told what happens.
create table webhooks (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    url text not null,
    events text[] not null,
    secret_sealed bytea not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz -- the receiver said that it is gone; null: it is told
);

create index webhooks_user on webhooks (user_id);

-- What they are told, and what became of it.
create table webhook_deliveries (
    id bigint generated always as identity primary key,
    webhook_id text not null references webhooks (id) on delete cascade,
    event text not null,
    message jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    answered integer, -- the HTTP status of the newest attempt; null: there was no answer
    problem text,     -- of the newest attempt
    next_attempt_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    settled_at timestamptz
);

create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending';
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, id);

-- The messages are written in the transaction of what they tell, whoever does it.
-- +goose StatementBegin
create function tell_webhooks(owner text, what text, details jsonb) returns void language sql as $$
    insert into webhook_deliveries (webhook_id, event, message)
    select w.id, what, jsonb_build_object('type', what, 'timestamp', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'data', details)
    from webhooks w where w.user_id = owner and w.ended_at is null and what = any (w.events);
$$;

create function plan_told() returns trigger language plpgsql as $$
begin
    perform tell_webhooks(new.user_id, case tg_op when 'INSERT' then 'plan.ready' else 'plan.changed' end, jsonb_build_object('week', new.week_of));
    return null;
end $$;

create function job_told() returns trigger language plpgsql as $$
begin
    perform tell_webhooks(new.user_id, 'job.failed', jsonb_build_object('job', new.job_type, 'error', coalesce(new.error_type, 'Internal')));
    return null;
end $$;
-- +goose StatementEnd

create trigger plan_ready after insert on plans for each row execute function plan_told();
create trigger plan_changed after update of data on plans for each row when (new.data is distinct from old.data) execute function plan_told();
create trigger job_failed after update of final on job_executions for each row
    when (new.final and not old.final and new.status = 'failed' and new.user_id is not null) execute function job_told();

-- +goose Down
drop trigger job_failed on job_executions;
drop trigger plan_changed on plans;
drop trigger plan_ready on plans;
drop function job_told, plan_told, tell_webhooks;
drop table webhook_deliveries, webhooks;
