from django.db import migrations

from coordination.lib.rls import append_only

_QUEUE = """
    create or replace function audit_queue_for_sealing() returns trigger language plpgsql as $$
    begin
        insert into audit_pending (event_id) values (new.id);
        return null;
    end $$;
    create trigger queue_for_sealing after insert on audit_event
        for each row execute function audit_queue_for_sealing();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        *append_only("audit_event", "audit_seal"),
        migrations.RunSQL(sql=_QUEUE, reverse_sql="drop function audit_queue_for_sealing() cascade"),
        # the running application may not even ask: it adds and reads
        migrations.RunSQL(
            sql="""
                do $$ begin
                    if exists (select 1 from pg_roles where rolname = 'throughline_app') then
                        revoke update, delete, truncate on audit_event, audit_seal from throughline_app;
                    end if;
                end $$
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
