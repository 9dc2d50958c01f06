-- +goose Up
-- When the recipient's server said that it cannot deliver a mail that ours had accepted.
alter table outbox add column bounced_at timestamptz;

create index outbox_sent on outbox (sent_at) where status = 'sent';
create index outbox_sent_to on outbox (user_id, sent_at) where status = 'sent';

-- Who opened a mail or followed one of its links: never where from, nor with what.
create table mail_events (
    outbox_id bigint not null references outbox (id) on delete cascade,
    kind text not null check (kind in ('open', 'click')),
    machine boolean not null, -- a program, not a person
    first_at timestamptz not null default now(),
    times bigint not null default 1,
    primary key (outbox_id, kind, machine)
);

-- +goose Down
drop table mail_events;
drop index outbox_sent, outbox_sent_to;
alter table outbox drop column bounced_at;
