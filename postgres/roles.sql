-- Roles and databases of a new server, made once by the image's first start. The database
-- meal_planner is there already. Passwords are secrets of compose.yaml. They stand in
-- statements here, which pg_stat_statements must not keep: see track_utility there.
\set meal_planner `cat /run/secrets/postgres/meal_planner`
\set grafana `cat /run/secrets/postgres/grafana`
\set tandoor `cat /run/secrets/postgres/tandoor`

create role meal_planner login password :'meal_planner';
alter database meal_planner owner to meal_planner;
revoke connect, temporary on database meal_planner from public;
create extension pg_stat_statements;

-- Grafana reads, and nothing else, whatever is granted to it later.
create role grafana login password :'grafana';
alter role grafana set default_transaction_read_only = on;
alter role grafana set statement_timeout = '10s';
grant connect on database meal_planner to grafana;

-- Used by the profile `tandoor` only.
create role tandoor login password :'tandoor';
create database tandoor owner tandoor;
revoke connect, temporary on database tandoor from public;
