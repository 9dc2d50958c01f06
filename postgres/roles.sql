-- Roles and databases of the service, for a superuser of the server, in the service's
-- database. It can be run again at any time: what exists stays, and passwords become those
-- that are given; a role without a file for its password is left out. docs/database-roles.md
-- says who uses which. Passwords stand in statements here, which pg_stat_statements must not
-- keep: see track_utility in compose.yaml.
--
-- psql reads the passwords from the directory of compose.yaml; another one:
--   psql --set secrets=/etc/mealplanner/roles --file postgres/roles.sql meal_planner
\set ON_ERROR_STOP on
\if :{?secrets}
\else
    \set secrets /run/secrets/postgres
\endif
\setenv SECRETS :secrets
\set owner `cat "$SECRETS/meal_planner"`
\set api `cat "$SECRETS/meal_planner_api"`
\set scheduler `cat "$SECRETS/meal_planner_scheduler"`
\set grafana `cat "$SECRETS/grafana" 2>/dev/null || true`
\set tandoor `cat "$SECRETS/tandoor" 2>/dev/null || true`
select :'grafana' <> '' as with_grafana, :'tandoor' <> '' as with_tandoor \gset

select 'create role ' || wanted from unnest(array['meal_planner', 'meal_planner_app', 'meal_planner_api', 'meal_planner_scheduler']) wanted
where not exists (select from pg_roles where rolname = wanted) \gexec

-- The owner of the schema: migrates it, backs it up.
alter role meal_planner login password :'owner';
alter database :"DBNAME" owner to meal_planner;
revoke connect, temporary on database :"DBNAME" from public;
create extension if not exists pg_stat_statements;

-- What the api and the scheduler may do is granted to both by `mealplanner migrate`. They see
-- and end each other's sessions, for `diagnose` and `mitigate`.
alter role meal_planner_app nologin;
grant connect on database :"DBNAME" to meal_planner_app;
grant pg_read_all_stats, pg_signal_backend to meal_planner_app;
alter role meal_planner_api login password :'api';
alter role meal_planner_scheduler login password :'scheduler';
grant meal_planner_app to meal_planner_api, meal_planner_scheduler;

-- Grafana reads, and nothing else, whatever is granted to it later.
\if :with_grafana
    select 'create role grafana' where not exists (select from pg_roles where rolname = 'grafana') \gexec
    alter role grafana login password :'grafana';
    alter role grafana set default_transaction_read_only = on;
    alter role grafana set statement_timeout = '10s';
    grant connect on database :"DBNAME" to grafana;
\endif

-- Used by the profile `tandoor` of compose.yaml only.
\if :with_tandoor
    select 'create role tandoor' where not exists (select from pg_roles where rolname = 'tandoor') \gexec
    alter role tandoor login password :'tandoor';
    select 'create database tandoor owner tandoor' where not exists (select from pg_database where datname = 'tandoor') \gexec
    revoke connect, temporary on database tandoor from public;
\endif
