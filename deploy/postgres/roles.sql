-- The two roles, made once per server by a superuser. Safe to run again.
-- throughline_owner owns the tables and runs migrations; throughline_app is what the running system signs in as:
-- it owns nothing and cannot step around row-level security.
do $$
begin
    if not exists (select from pg_roles where rolname = 'throughline_app') then
        create role throughline_app login nosuperuser nocreatedb nocreaterole nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'throughline_owner') then
        create role throughline_owner login nosuperuser createdb nocreaterole nobypassrls in role throughline_app;
    end if;
end
$$;
