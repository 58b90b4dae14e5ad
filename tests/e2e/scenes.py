"""What has to have happened before some pages say anything: a batch, a promise, rosters at every stage, records made one.

Each returns the addresses of its pages. What only a person's own steps lead to is walked there in `walked`.
"""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from coordination.accounts.models import Team, User
from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster import actions as rosters
from coordination.interop.office.roster.fields import guess
from coordination.interop.office.roster.running import SHELF
from coordination.interop.office.store import Folder
from coordination.lib.rls import organization
from coordination.outbox.relay import deliver_due
from coordination.worklist.actions import claim_task, log_contact
from coordination.worklist.actions.bulk import Order, act_on_many
from coordination.worklist.actions.editing import edit_task
from coordination.worklist.models import Act, Task
from patients.models import Patient
from tests.factories import PatientFactory, merged_into

Addresses = dict[str, str]
HEAD = "MRN,Last Name,First Name,DOB,Sex,Phone,Address,City,State,Zip,Language,Member ID"
ROWS = """\
{letter}-1,{family}-Featherstonehaugh,Maximiliana,{year}-03-14,F,(555) 55{n}-0142,1 Elm St,Springfield,IL,62701,Spanish,M7{n}
{letter}-2,{family},{given},{year}-01-02,M,55555{n}0199,2 Oak St,Salem,OR,97301,,M9{n}
{letter}-3,Quist,Nora,31/12/2099,F,call the daughter,3 Ash St,Dover,DE,19901,Klingon,M6{n}
{letter}-4,,Ola,1980-05-06,banana,55555{n}0188,4 Fir St,Dover,DE,19901,,M5{n}
"""
SENT = {
    "A": ("Abernathy", "Piotr", 1931), "B": ("Vasquez", "Ole", 1942), "C": ("Lund", "Hamid", 1953), "D": ("Tchaikov", "Bruno", 1964),
    "E": ("Mbeki", "Xavier", 1975),
}  # fmt: skip


def a_batch(by: User) -> Addresses:
    """Five tasks closed at once, one of them refused because it is a safety matter."""
    with organization(by.organization_id):
        mine = Task.objects.open().filter(owner=by).order_by("priority", "pk")
        tasks = [*mine.filter(priority=Task.Priority.CRITICAL)[:1], *mine.filter(priority=3)[:4]]
        versions = {task.pk: task.version for task in tasks}
        batch = act_on_many(tasks=tasks, order=Order(Act.CLOSE), by=by, versions=versions).batch
    assert batch is not None
    return {"bulk result": reverse("worklist:bulk_result", args=[batch.pk])}


def a_promise(by: User, patient: Patient) -> Addresses:
    with organization(by.organization_id):
        note = "Reached her daughter. I will call the pharmacy about your blood thinner tomorrow."
        contact = log_contact(
            patient=patient, by=by, outcome="reached_caregiver", no_follow_up_reason="Nothing open", note=note
        )
    return {"promise": reverse("worklist:contact_promise", args=[contact.pk])}


def some_rosters(by: User) -> Addresses:
    """One of each stage: columns to choose, at work, checked with faults, imported, taken back as far as it could be."""
    read, checked, imported, undone, working = (_roster(by, letter) for letter in SENT)
    for job in (checked, imported, undone):
        columns = {str(at): guess(heading) for at, heading in enumerate(HEAD.split(","))}
        _go(rosters.check_roster, job, by, columns=columns, order="")
    for job in (imported, undone):
        _go(rosters.import_roster, job, by)
    with organization(by.organization_id):
        kept = undone.rows.order_by("number").first()
        assert kept is not None
        claim_task(task=Task.objects.open().get(patient=kept.patient), by=by)
    _go(rosters.undo_roster, undone, by, reason="The wrong file")
    far = {"stage": "import", "status": "running", "rows_total": 2000, "rows_done": 1240, "finished_at": None}
    with organization(by.organization_id):
        counts = {"new": 1211, "matched": 22, "decision": 5, "refused": 2}
        RosterJob.objects.filter(pk=working.pk).update(counts=counts, **far)
    named = {"read": read, "checked": checked, "imported": imported, "taken back": undone, "at work": working}
    pages = {f"roster, {name}": reverse("office:roster", args=[job.pk]) for name, job in named.items()}
    return pages | {"roster, undo": reverse("office:roster_undo", args=[imported.pk])}


def _roster(by: User, letter: str) -> RosterJob:
    """Sent and read."""
    folder = Folder.create(SHELF)
    family, given, year = SENT[letter]
    rows = ROWS.format(letter=letter, family=family, given=given, year=year, n=year % 10)
    size = folder.put("sent", [f"{HEAD}\n{rows}".encode()])
    with organization(by.organization_id):
        team = Team.objects.filter(organization=by.organization).order_by("name").first()
        sent = {"folder": folder, "size": size, "team": team, "coordinator": None, "by": by}
        job = rosters.request_roster(source=f"Health Plan {letter}", **sent)
    deliver_all()
    return job


def _go(action: Callable[..., RosterJob], job: RosterJob, by: User, **values: Any) -> None:
    with organization(by.organization_id):
        action(job=job, by=by, **values)
    deliver_all()


def deliver_all() -> None:
    """What waits in the outbox, as the worker does."""
    while deliver_due():
        pass


def merging(by: User, survivor: Patient) -> Addresses:
    """The same person registered twice more: once merged already, once to be compared."""
    with organization(by.organization_id):
        again = PatientFactory(
            organization=survivor.organization, team=survivor.team, family="Okafer", given="Grace", record_number="99000001",
            birth_date=survivor.birth_date, language="so", created_by=by,
        )  # fmt: skip
        gone = merged_into(survivor, by, family="Okafor", given="Grayce", record_number="99000002")
    both = [survivor.pk, again.pk]
    return {
        "needs attention": reverse("patients:attention"),
        "merge": reverse("patients:merge", args=[survivor.pk]),
        "merge, compare": reverse("patients:merge_with", args=both),
        "two people": reverse("patients:two_people", args=both),
        "merge, take back": reverse("patients:unmerge", args=[survivor.pk, gone.pk]),
    }


# --- what only a person's own steps lead to: each brings a page of that person there
def bulk_preview(page: Page, server: str, act: str = "snooze") -> None:
    page.goto(f"{server}{reverse('worklist:day')}")
    boxes = page.locator("#worklist .row .sel input")
    boxes.evaluate_all("boxes => boxes.slice(0, 5).forEach((box) => box.click())")
    with page.expect_navigation():
        page.locator(f"#bulk button[value={act}]").click()


def task_conflict(page: Page, server: str, task: Task, other: User) -> None:
    """Two people change the same field; the later one sees both values."""
    page.goto(f"{server}{reverse('worklist:edit', args=[task.pk])}")
    with organization(other.organization_id):
        now = Task.objects.get(pk=task.pk)
        edit_task(
            task=now, by=other, version=now.version, values={
                "title": f"Order the ramp with the longer landing ({now.version})", "reason": f"The vendor called ({now.version})",
            },
        )  # fmt: skip
    page.get_by_label("What will be done").fill("Measure the door and the two steps in front of it")
    page.get_by_label("Why now").fill("The ramp is due this week")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")


def merge_confirm(page: Page, server: str, compare: str) -> None:
    page.goto(server + compare)
    with page.expect_navigation():
        page.get_by_role("button", name="Go on: what happens").click()


def explained(page: Page, server: str, person: str, number: str) -> None:
    """The question why somebody sees a patient, asked."""
    page.goto(f"{server}/access/explain/")
    page.get_by_label("Person").fill(person)
    page.get_by_label("Record number of the patient").fill(number)
    with page.expect_navigation():
        page.get_by_role("button", name="Ask").click()
