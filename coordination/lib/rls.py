"""Row-level security by organization: the second lock behind `visible_to`.

Every table about a patient carries `organization_id`, and PostgreSQL itself refuses rows of another organization,
also to raw SQL, reports and the shell. The organization is set for one transaction only; without it there are no rows.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, migrations, models, transaction
from django.db.models.expressions import RawSQL

_SET = "select set_config('app.organization', %s, true)"
_CURRENT = "(select nullif(current_setting('app.organization', true), '')::uuid)"


def enter_organization(organization_id: uuid.UUID | None) -> None:
    """Open the rows of one organization until this transaction ends. None closes them again."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [str(organization_id or "")])


def current_organization() -> RawSQL:
    """Return the organization this transaction works in, as an expression for the database; null outside of one."""
    return RawSQL(_CURRENT, [], output_field=models.UUIDField())  # noqa: S611 (a constant of ours)


@contextmanager
def organization(organization_id: uuid.UUID) -> Iterator[None]:
    """Run a block in one transaction that sees one organization: for jobs, commands and tests."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('app.organization', true)")
            before = cursor.fetchone()[0] or ""
            cursor.execute(_SET, [str(organization_id)])
        yield
        with connection.cursor() as cursor:
            cursor.execute(_SET, [before])


def protect(*tables: str) -> list[migrations.RunSQL]:
    """Return the migration operations that close `tables` to other organizations, their owner included."""
    return [
        migrations.RunSQL(
            sql=[
                f"alter table {table} enable row level security",
                f"alter table {table} force row level security",
                f"create policy organization on {table} using (organization_id = {_CURRENT})",
            ],
            reverse_sql=[
                f"drop policy organization on {table}",
                f"alter table {table} no force row level security",
                f"alter table {table} disable row level security",
            ],
        )
        for table in tables
    ]


def append_only(*tables: str) -> list[migrations.RunSQL]:
    """Return the migration operations after which rows of `tables` can be added and read, never changed or removed."""
    function = migrations.RunSQL(
        sql="""
            create or replace function refuse_change() returns trigger language plpgsql as $$
            begin
                raise exception 'rows of % are append-only', tg_table_name using errcode = 'restrict_violation';
            end $$
        """,
        reverse_sql="drop function if exists refuse_change() cascade",
    )
    return [function] + [
        migrations.RunSQL(
            sql=f"create trigger append_only before update or delete on {table} for each row execute function refuse_change()",
            reverse_sql=f"drop trigger append_only on {table}",
        )
        for table in tables
    ]
