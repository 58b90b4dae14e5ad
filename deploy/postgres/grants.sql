-- What the app role may do with tables the owner role will create. Default privileges belong to one database, so this
-- runs in the application's database, and in template1 where tests copy theirs from. Safe to run again.
alter default privileges for role throughline_owner grant select, insert, update, delete on tables to throughline_app;
alter default privileges for role throughline_owner grant usage, select on sequences to throughline_app;
grant usage on schema public to throughline_app;
