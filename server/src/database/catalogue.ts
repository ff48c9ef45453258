/** The tables and laws of a database, as server/catalogue.txt has them: a row each, in no order. */
export const CATALOGUE = `
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || coalesce(' ' || collation_name, '') || case is_nullable when 'NO' then ' not null' else '' end
    || coalesce(' default ' || column_default, '') || case when is_identity = 'YES' then ' identity' else '' end as line
    from information_schema.columns where table_schema = 'public'
  union all
  select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
  union all
  select 'index ' || indexdef from pg_indexes where schemaname = 'public'
  union all
  select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all
  select 'function ' || proname || E'\\n' || prosrc from pg_proc p where pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  union all
  select 'extension ' || extname from pg_extension where extname <> 'plpgsql'
  union all
  select 'view ' || viewname || E'\\n' || definition from pg_views where schemaname = 'public'`;
