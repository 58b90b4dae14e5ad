-- What the app role may do with tables the owner role will create. Default privileges belong to one database, so this
-- runs in the application's database, and in template1 where tests copy theirs from. Safe to run again.
alter default privileges for role throughline_owner grant select, insert, update, delete on tables to throughline_app;
alter default privileges for role throughline_owner grant usage, select on sequences to throughline_app;
grant usage on schema public to throughline_app;
-- Under row-level security PostgreSQL uses an index only for operators it knows to give nothing away about hidden rows. `&&` of
-- text arrays gives nothing away but is not marked so: without this line a search by name reads the whole table.
alter function pg_catalog.arrayoverlap(anyarray, anyarray) leakproof;
