-- What the roles of postgres/roles.sql may do with what the migrating role owns. Run after
-- every migration, so that new tables are covered; roles that do not exist get nothing.
do $$
declare
    statement text;
    app constant name := 'meal_planner_app';
    grafana constant name := 'grafana';
begin
    perform pg_advisory_xact_lock(x'6d65616c73'::bigint); -- two grants at once fail
    if exists (select from pg_roles where rolname = app and rolname <> current_user) then
        for statement in
            select format('grant usage on schema public to %I', app)
            where (select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public')
            union all
            select case
                when relkind = 'S' then format('grant usage on sequence %s to %I', oid::regclass, app)
                when relname in ('goose_db_version', 'river_migration') then format('grant select on %s to %I', oid::regclass, app)
                else format('grant select, insert, update, delete on %s to %I', oid::regclass, app)
            end
            from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S') and pg_has_role(relowner, 'usage')
              and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = pg_class.oid and d.deptype = 'e')
        loop
            execute statement;
        end loop;
    end if;
    if exists (select from pg_roles where rolname = grafana)
        and exists (select from pg_namespace where nspname = 'grafana' and pg_has_role(nspowner, 'usage')) then
        grant usage on schema grafana to grafana;
        grant select on grafana.job_execution_history to grafana;
    end if;
end $$;
