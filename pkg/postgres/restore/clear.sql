-- Drops everything in the database but extensions, which need not be its owner's.
set local client_min_messages = warning;
do $$
declare
    statement text;
begin
    for statement in
        with extension as (select classid, objid from pg_depend where deptype = 'e')
        select what from (
            select 1, format('drop schema %I cascade', nspname)
            from pg_namespace s
            where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
              and not exists (select from pg_extension where extnamespace = s.oid)
            union all
            select 2, format('drop %s if exists public.%I cascade', case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, relname)
            from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
              and ('pg_class'::regclass, oid) not in (select * from extension)
            union all
            select 3, format('drop sequence if exists public.%I cascade', relname)
            from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'S' and ('pg_class'::regclass, oid) not in (select * from extension)
            union all
            select 4, format('drop routine if exists %s cascade', oid::regprocedure)
            from pg_proc
            where pronamespace = 'public'::regnamespace and ('pg_proc'::regclass, oid) not in (select * from extension)
            union all
            select 5, format('drop type if exists public.%I cascade', typname)
            from pg_type
            where typnamespace = 'public'::regnamespace and typtype in ('e', 'd') and ('pg_type'::regclass, oid) not in (select * from extension)
            union all
            select 6, format('drop collation if exists public.%I cascade', collname)
            from pg_collation
            where collnamespace = 'public'::regnamespace and ('pg_collation'::regclass, oid) not in (select * from extension)
        ) all_of_it (step, what)
        order by step
    loop
        execute statement;
    end loop;
end $$;
