"""A large town out of a small one, inside PostgreSQL: each copy has its own people, teams, names, numbers and dates.

The rows keep to every rule of the tables: checks are asked of each row, keys and references are taken off while the rows go in and
asked again, of all rows, when they are put back. What a patient's row says about the tasks and contacts is copied with them.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from coordination.lib.names import name_keys, sort_name

SEED = 5_000  # people the town itself makes
# the rows of one are spread over those of all copies: the tasks of a patient were not written down one after the other
TABLES = [
    "accounts_user", "accounts_team", "accounts_teammembership", "accounts_teamuserobjectpermission",
    "patients_patient", "patients_identifier", "patients_contactpoint", "patients_address", "patients_relatedperson",
    "patients_careteammember", "patients_consent", "patients_coverage", "patients_condition", "patients_allergy",
    "patients_medication", "patients_procedure", "patients_immunization", "patients_familyhistory", "patients_encounter",
    "patients_observation", "patients_similarname", "worklist_task", "worklist_contact",
]  # fmt: skip
SAME = {"organization_id", "site_id", "permission_id", "created_by_id", "updated_by_id"}
ONE_OF_EACH = "array['program_manager', 'admin', 'privacy_officer', 'auditor']::varchar[]"  # not copied
ENDINGS = [
    "",
    "",
    "son",
    "man",
    "well",
    "ford",
    "er",
    "ley",
    "ton",
    "ski",
    "berg",
    "wood",
    "field",
    "ini",
    "ova",
    "aux",
]
COPY_OF = """
    create or replace function copy_of(id uuid, k int) returns uuid language sql immutable strict parallel safe as
    $$ select (left(id::text, 24) || right(md5(id::text || k), 12))::uuid $$
"""
# columns that differ from copy to copy by more than their id
OWN_VALUE = {
    "accounts_user": {
        "email": "split_part(s.email, '@', 1) || '-' || k || '@' || split_part(s.email, '@', 2)",
        "name": "s.name || ' ' || k",
    },
    "accounts_team": {"name": "s.name || ' ' || k"},
    "patients_patient": {
        "family": "n.family",
        "sort_name": "n.sort_name",
        "name_keys": "n.name_keys",
        "record_number": "(s.record_number::bigint + k * {seed})::text",
        "birth_date": "s.birth_date - k %% 300",
        "deceased_on": "s.deceased_on",
    },
    "patients_identifier": {"value": "case when s.value ~ '^\\d+$' then (s.value::bigint + k * {seed})::text else s.value || '-' || k end"},
    "patients_contactpoint": {
        "number": "case when s.number = '' then '' else '+1' || lpad((hashtext(s.id::text || k)::bigint & 8589934591)::text, 10, '2') end",
    },
}  # fmt: skip


class Kept(NamedTuple):
    """An index or constraint that is off while the rows go in."""

    table: str
    name: str
    again: str
    off: str
    rank: int


def multiply(
    connection: psycopg.Connection[Any], patients: int, say: Callable[[str], None], *, seed: int = SEED
) -> None:
    """Fill the database of a settled town of `seed` people up to `patients`, as the owner of its tables."""
    copies = patients // seed - 1
    if copies < 1:
        return
    run = connection.execute
    run(b"set maintenance_work_mem = '1GB'; set work_mem = '256MB'; set synchronous_commit = off")
    run(b"set max_parallel_maintenance_workers = 1")
    run(b"set statement_timeout = 0")
    (house,) = run(b"select id::text from accounts_organization").fetchone() or ("",)
    run(b"select set_config('app.organization', %s, false)", [house])
    run(COPY_OF.encode())
    _names(connection)
    written = {
        table: _insert(connection, table, seed) for table in TABLES
    }  # read from the references, so before they go
    with _bare(connection, say):
        for table, statement in written.items():
            began = time.monotonic()
            count = run(statement.encode(), {"copies": copies}).rowcount
            say(f"{table}: {count:,} rows ({time.monotonic() - began:.0f} s)")
    run(b"drop table bench_names")
    run(b"drop function copy_of")


def _names(connection: psycopg.Connection[Any]) -> None:
    """The family names of the copies, with the keys the search finds them under."""
    run = connection.execute
    run(
        b"create unlogged table bench_names (id uuid, kind int, family text, sort_name text, name_keys text[])"
    )
    people = run(b"select id, family, given from patients_patient").fetchall()
    with connection.cursor().copy(b"copy bench_names from stdin") as copy:
        for pk, family, given in people:
            for kind, ending in enumerate(ENDINGS):
                name = f"{family}{ending}" if family.isascii() else family
                copy.write_row((pk, kind, name, sort_name(name, given), name_keys(name, given)))
    run(b"create index on bench_names (id, kind)")
    run(b"analyze bench_names")


def _insert(connection: psycopg.Connection[Any], table: str, seed: int) -> str:
    """The statement that writes all copies of one table."""
    columns = connection.execute(
        b"select a.attname, a.attidentity <> '' or pg_get_serial_sequence(%s, a.attname) is not null from pg_attribute a"
        b" where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''",
        [table, table],
    ).fetchall()
    columns = [name for name, counts_itself in columns if not counts_itself]
    copied = _references(connection, table)
    special = OWN_VALUE.get(table, {})
    values = [
        special[name].format(seed=seed)
        if name in special
        else f'copy_of(s."{name}", k)'
        if name == "id" or name in copied
        else f's."{name}"'
        for name in columns
    ]
    more = (
        f"join bench_names n on n.id = s.id and n.kind = copy.k %% {len(ENDINGS)}"
        if table == "patients_patient"
        else ""
    )
    only = {
        "accounts_user": f"where not s.is_system and not s.roles && {ONE_OF_EACH}",
        "accounts_teamuserobjectpermission": f"where exists (select from accounts_user u where u.id = s.user_id and not u.roles && {ONE_OF_EACH})",
    }.get(table, "")  # fmt: skip
    listed = ", ".join(f'"{name}"' for name in columns)
    return (
        f"insert into {table} ({listed}) select {', '.join(values)} from {table} s"
        f" cross join lateral (select generate_series(1, %(copies)s) as k where s.id is not null) copy {more} {only}"
    )


def _references(connection: psycopg.Connection[Any], table: str) -> set[str]:
    """The columns that name a row which has copies too."""
    rows = connection.execute(
        b"select a.attname, c.confrelid::regclass::text from pg_constraint c"
        b" join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        b" where c.conrelid = %s::regclass and c.contype = 'f'",
        [table],
    ).fetchall()
    return {name for name, other in rows if other in TABLES and name not in SAME}


@contextmanager
def _bare(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> Iterator[None]:
    """Without indexes, keys and references, and with row-level security lifted from the owner, until all rows are in."""
    kept = _kept(connection)
    secured = _names_of(connection, b"select oid::regclass::text from pg_class where relforcerowsecurity")
    for table in secured:
        connection.execute(f"alter table {table} no force row level security".encode())
    for part in sorted(kept, key=lambda part: -part.rank):
        connection.execute(part.off.encode())
    yield
    spent: dict[str, float] = {}
    for part in sorted(kept, key=lambda part: part.rank):
        began = time.monotonic()
        connection.execute(part.again.encode())
        spent[part.table] = spent.get(part.table, 0) + time.monotonic() - began
    for table in secured:
        connection.execute(f"alter table {table} force row level security".encode())
    slow = {table: round(seconds) for table, seconds in spent.items() if seconds > 5}
    say(f"indexes and references again: {sum(spent.values()):.0f} s {json.dumps(slow) if slow else ''}")


def _kept(connection: psycopg.Connection[Any]) -> list[Kept]:
    constraints = connection.execute(
        b"select conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text from pg_constraint"
        b" where contype in ('p', 'u', 'f')"
        b" and (conrelid::regclass::text = any(%(tables)s) or confrelid::regclass::text = any(%(tables)s))",
        {"tables": TABLES},
    ).fetchall()
    found = []
    for table, name, text, kind in constraints:
        again, off = (
            f'alter table {table} add constraint "{name}" {text}',
            f'alter table {table} drop constraint "{name}"',
        )
        found.append(Kept(table, name, again, off, rank={"p": 0, "u": 1, "f": 3}[kind]))
    indexes = connection.execute(
        b"select i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
        b" where i.indrelid::regclass::text = any(%s) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)",
        [TABLES],
    ).fetchall()
    return found + [Kept(table, name, text, f"drop index {name}", rank=2) for table, name, text in indexes]


def _names_of(connection: psycopg.Connection[Any], question: bytes) -> list[str]:
    return [name for (name,) in connection.execute(question).fetchall()]
