"""Who is measured, and what is theirs to open: patients, tasks, names to type, a place deep in the list."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from coordination.lib.paging import seal
from coordination.lib.rls import organization
from patients.models import Patient
from tests.bench.place import WIDEST

BROWSERS = 8  # at once
EACH = 4  # people of one role, so that not one person's rows alone are warm
COORDINATOR, SUPERVISOR, WIDE = "coordinator", "supervisor", "administrator"


@dataclass
class Person:
    email: str
    id: str
    organization: str
    where: str  # the patients this person sees, as the floor asks for them
    value: str
    team: str | None = None
    patients: list[str] = field(default_factory=list)
    tasks: list[tuple[str, str]] = field(default_factory=list)  # an open task of everyday work, its patient
    names: list[str] = field(default_factory=list)
    deep: dict[str, tuple[str, list[Any]]] = field(
        default_factory=dict
    )  # order -> cursor of a row far down, its values


_PEOPLE = """
    select u.email, u.id::text, u.organization_id::text,
        (select m.team_id::text from accounts_teammembership m where m.user_id = u.id and m.ends_on is null limit 1)
    from accounts_user u where {which} and not u.is_system order by md5(u.id::text) limit %s
"""
# everyday work: what one click may close, awake, of a patient in care
_TASKS = """
    select t.id::text, t.patient_id::text from worklist_task t join patients_patient p on p.id = t.patient_id
    where t.owner_id = any(%s::uuid[]) and t.status = 'open' and t.priority > 1 and t.snoozed_until is null
        and p.status = 'active' and not p.is_deceased order by t.due_at, t.id limit 400
"""
IN_CARE = "p.status = 'active' and not p.is_deceased"
ORDERS = {
    "name": ["p.sort_name", "p.id"],
    "born": ["p.birth_date", "p.sort_name", "p.id"],
    "number": ["p.record_number", "p.id"],
    "coordinator": ["c.name", "p.sort_name", "p.id"],
    "team": ["t.name", "p.sort_name", "p.id"],
    "risk": [
        "case p.risk when 'high' then 1 when 'rising' then 2 when 'low' then 3 else 4 end", "p.sort_name", "p.id",
    ],
    "language": ["nullif(p.language, '')", "p.sort_name", "p.id"],
    "contact": ["p.last_contact_at nulls first", "p.sort_name", "p.id"],
    "due": ["p.next_due_at", "p.sort_name", "p.id"],
    "tasks": ["p.open_tasks", "p.sort_name", "p.id"],
}  # fmt: skip
DEEP = ["name", "born", "coordinator"]


def people() -> dict[str, list[Person]]:
    """Those who are measured, by role."""
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        cursor.execute("select id from accounts_organization")
        (house,) = cursor.fetchone()
    chosen = {
        COORDINATOR: "u.roles = array['coordinator']::varchar[] and exists (select from patients_patient p where p.coordinator_id = u.id offset 60)",
        SUPERVISOR: "u.roles = array['supervisor']::varchar[]",
        WIDE: f"u.email = '{WIDEST}'",
    }
    with organization(house), connection.cursor() as cursor:
        found = {role: _of_role(cursor, role, which) for role, which in chosen.items()}
        for role, some in found.items():
            for person in some:
                _fill(cursor, role, person)
    return found


def _of_role(cursor: Any, role: str, which: str) -> list[Person]:
    cursor.execute(_PEOPLE.format(which=which), [EACH])
    some = []
    for email, pk, house, team in cursor.fetchall():
        where, value = {
            COORDINATOR: ("p.coordinator_id = %s", pk),
            SUPERVISOR: ("p.team_id = %s", team),
            WIDE: ("p.organization_id = %s", house),
        }[role]
        some.append(Person(email, pk, house, where, value, team))
    return some


def _fill(cursor: Any, role: str, person: Person) -> None:
    joined = (
        "left join accounts_user c on c.id = p.coordinator_id left join accounts_team t on t.id = p.team_id"
    )
    listed = f"from patients_patient p {joined} where {person.where} and {IN_CARE}"
    cursor.execute(
        f"select p.id::text, split_part(p.sort_name, chr(31), 1), p.coordinator_id::text {listed} limit 4000",
        [person.value],
    )
    rows = cursor.fetchall()[:: max(1, 4000 // 400) if role == WIDE else 1]
    person.patients = [pk for pk, _name, _who in rows]
    person.names = [name for _pk, name, _who in rows if name]
    cursor.execute(
        _TASKS, [[person.id] if role == COORDINATOR else sorted({who for _pk, _name, who in rows})]
    )
    person.tasks = [(task, patient) for task, patient in cursor.fetchall()]
    cursor.execute(f"select count(*) {listed}", [person.value])
    (count,) = cursor.fetchone()
    for key in DEEP if role == WIDE else DEEP[:1]:
        order = ORDERS[key]
        cursor.execute(
            f"select p.id, {', '.join(order[:-1])}, p.id::text {listed} order by {', '.join(order)} offset %s limit 1",
            [person.value, count * 9 // 10 if count > 100 else count // 3],
        )
        pk, *values = cursor.fetchone()
        person.deep[key] = (seal(Patient, {"id": pk}), [str(value) for value in values])
