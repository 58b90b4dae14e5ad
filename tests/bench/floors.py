"""The floor of each case: the same rows by one statement."""

from typing import Any

from tests.bench.people import IN_CARE, ORDERS, Person

Floor = tuple[str, list[Any]]
_ROW = """
    select p.id, p.family, p.given, p.birth_date, p.sex, p.record_number, p.deceased_on, p.is_deceased, p.has_similar_name, p.status,
        c.name, t.name, p.risk, p.language, p.interpreter_needed, p.last_contact_at, p.next_due_at, p.open_tasks
    from patients_patient p left join accounts_user c on c.id = p.coordinator_id left join accounts_team t on t.id = p.team_id
"""
FILTERS: dict[str, tuple[str, str]] = {
    "coordinator=me": ("", "p.coordinator_id = %s"),
    "coordinator=none": ("", "p.coordinator_id is null"),
    "team": ("", "p.team_id = %s"),
    "status=ended": ("ended", "p.status = 'ended'"),
    "status=deceased": ("deceased", "p.is_deceased"),
    "status=all": ("all", "p.status <> 'entered_in_error'"),
    "risk=high": ("", "p.risk = 'high'"),
    "language=es": ("", "(p.language = 'es' or p.language ~>=~ 'es-' and p.language ~<~ 'es.')"),
    "interpreter=yes": ("", "p.interpreter_needed = 'yes'"),
    "quiet=30": ("", "(p.last_contact_at is null or p.last_contact_at < now() - interval '30 days')"),
    "tasks=open": ("", "p.open_tasks > 0"),
    "tasks=overdue": ("", "p.next_due_at < now()"),
    "tasks=none": ("", "p.open_tasks = 0"),
}
_TASK = """
    t.id, t.title, t.reason, t.context, t.kind, t.status, t.due_at, t.due_has_time, t.due_rule, t.priority, t.minutes, t.waiting_on,
    t.snoozed_until
"""
_OPEN = "t.status in ('open', 'in_progress', 'waiting', 'blocked')"


def my_day(person: Person, *, queue: bool) -> Floor:
    column, value = ("queue_id", person.team) if queue else ("owner_id", person.id)
    sql = f"""
        select {_TASK}, p.family, p.given, p.birth_date, p.sex, p.record_number, p.risk, p.last_contact_at
        from worklist_task t left join patients_patient p on p.id = t.patient_id
        where t.{column} = %s and {_OPEN} and (t.snoozed_until is null or t.snoozed_until <= now())
        order by (case when t.priority = 1 then 0 when t.due_at < now() then 1 when t.due_at < current_date + 1 then 2 else 3 end),
                 coalesce(t.work_at, t.due_at), t.id limit 30
    """
    return sql, [value]


def registry(
    person: Person, *, sort: str = "name", down: bool = False, narrow: str = "", deep: bool = False
) -> Floor:
    status, condition = FILTERS.get(narrow, ("", ""))
    values: list[Any] = [person.value]
    where = [person.where, condition if status else IN_CARE]
    if condition and not status:
        where.append(condition)
        values += [person.id if "coordinator" in condition else person.team] if "%s" in condition else []
    order = ORDERS[sort]
    if deep:
        at = person.deep[sort][1]
        where.append(f"({', '.join(order)}) > ({', '.join(['%s'] * len(at))})")
        values += at
    ordered, rows = order, _ROW
    if sort in {"coordinator", "team"}:
        rows = _ROW.replace("left join", "join")
    if down:
        where.append(f"{order[0].removesuffix(' nulls first')} is not null")
        ordered = [f"{order[0].removesuffix(' nulls first')} desc", *order[1:]]
    return f"{rows} where {' and '.join(where)} order by {', '.join(ordered)} limit 51", values


def jump(person: Person, text: str) -> Floor:
    return (
        f"{_ROW} where {person.where} and p.sort_name ~>=~ %s and p.sort_name ~<~ %s order by p.sort_name limit 8",
        [person.value, text, f"{text}\U0010ffff"],
    )


def patient(pk: str) -> Floor:
    parts = {
        "tasks": f"select {_TASK} from worklist_task t where t.patient_id = p.id and {_OPEN} order by t.due_at limit 5",
        "phones": "select kind, value, voicemail from patients_contactpoint where patient_id = p.id order by rank",
        "team": "select name, role, user_id from patients_careteammember where patient_id = p.id",
        "coverage": "select payer, plan, status from patients_coverage where patient_id = p.id",
        "allergies": "select text from patients_allergy where patient_id = p.id",
        "conditions": "select text, occurred_at from patients_condition where patient_id = p.id and is_active order by occurred_at desc limit 6",
        "medications": "select text, occurred_at from patients_medication where patient_id = p.id and is_active order by occurred_at desc limit 6",
        "contacts": "select outcome, note, occurred_at from worklist_contact where patient_id = p.id order by occurred_at desc limit 6",
    }
    columns = ", ".join(f"(select json_agg(x) from ({part}) x) as {name}" for name, part in parts.items())
    return f"select to_json(p), {columns} from patients_patient p where p.id = %s", [pk]


def timeline(pk: str) -> Floor:
    sources = {
        "patients_condition": "text, occurred_at", "patients_medication": "text, occurred_at", "patients_encounter": "text, occurred_at",
        "patients_observation": "text, occurred_at", "worklist_contact": "note, occurred_at", "worklist_task": "title, closed_at",
    }  # fmt: skip
    parts = [
        f"(select id, {columns} as at from {table} where patient_id = %s and {columns.split(', ')[1]} is not null order by 3 desc limit 31)"
        for table, columns in sources.items()
    ]
    return f"{' union all '.join(parts)} order by 3 desc limit 31", [pk] * len(parts)


def beside(person: Person) -> Floor:
    """Whom this person opened last, and how many they carry."""
    last = "select name, patient_id from audit_event where organization_id = %s and actor_id = %s order by at desc, id desc limit 300"
    opened = f"select distinct patient_id from ({last}) e where name = 'patient.viewed'"
    carried = f"select count(*) from patients_patient p where p.coordinator_id = %s and {IN_CARE}"
    sql = f"select p.id, p.family, p.given, p.birth_date, ({carried}) from patients_patient p where p.id in ({opened})"
    return sql, [person.id, person.organization, person.id]


def done(task: str) -> Floor:
    return "update worklist_task set version = version + 1, updated_at = now() where id = %s returning id", [
        task
    ]


def done_many(tasks: list[str]) -> Floor:
    sql = "update worklist_task set version = version + 1, updated_at = now() where id = any(%s::uuid[]) returning id"
    return sql, [tasks]


def contact(person: Person, patient_id: str) -> Floor:
    sql = """
        insert into worklist_contact (id, organization_id, version, created_at, updated_at, created_by_id, updated_by_id, patient_id,
            occurred_at, minutes, direction, mode, target, with_whom, staff_id, staff_credential, interpreter, outcome, topics, note,
            no_follow_up_reason)
        values (gen_random_uuid(), %s, 1, now(), now(), %s, %s, %s, now(), 0, 'out', 'phone', 'patient', '', %s, '', 'none',
            'no_answer', '{}', 'Measured.', 'Measured')
        returning id
    """
    return sql, [person.organization, person.id, person.id, patient_id, person.id]
