"""Many hands on one row: nobody's words are overwritten unseen, and one click is one row however often it arrives."""

import json
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from coordination.lib.rls import organization
from coordination.worklist.models import Change, Task
from tests.factories import (
    OrganizationFactory,
    PatientFactory,
    TaskFactory,
    TeamFactory,
    UserFactory,
    grant_team,
)
from tests.proofs.conftest import FULL, Report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

HANDS = 8
EDITS = 2_000 if FULL else 200
COPIES = 50
FIELDS = ["title", "reason", "context", "minutes"]


@dataclass
class Edit:
    """What one person saw, what they wrote over it, and what they were told."""

    saw: dict[str, str]
    wrote: dict[str, str]
    answer: int


@dataclass
class Office:
    organization_id: uuid.UUID
    ana: Any
    sue: Any
    pat: Any


@pytest.fixture
def office() -> Office:
    """Two people and a patient, committed: every hand works in transactions of its own."""
    house = OrganizationFactory()
    with organization(house.pk):
        team = TeamFactory(organization=house)
        ana = UserFactory(organization=house, name="Ana Ruiz", roles=["coordinator"])
        sue = UserFactory(organization=house, name="Sue Park", roles=["supervisor"])
        grant_team(ana, team)
        grant_team(sue, team)
        return Office(house.pk, ana, sue, PatientFactory(organization=house, team=team))


def at_once(hands: int, work: Callable[[int], Any]) -> list[Any]:
    """Every hand begins at the same moment, on a database connection of its own."""
    start = threading.Barrier(hands)

    def hand(number: int) -> Any:
        try:
            start.wait(30)
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(hand, range(hands)))


def same_person(client: Client) -> Client:
    """A second browser of the same person."""
    other = Client()
    other.cookies = client.cookies
    return other


def fill(client: Client, url: str) -> dict[str, str]:
    form = client.get(url).context["form"]
    return {bound.html_name: "" if bound.value() is None else str(bound.value()) for bound in form}


def test_no_edit_is_overwritten_unseen(office: Office, signed_in: Any, report: Report, seed: int) -> None:
    with organization(office.organization_id):
        task = TaskFactory(
            patient=office.pat, owner=office.ana, title="t0", reason="r0", context="c0", minutes=1
        )
    url = f"/tasks/{task.pk}/edit/"
    people = [signed_in(office.ana), signed_in(office.sue)]

    def edit(number: int) -> list[Edit]:
        client, dice, done = same_person(people[number % 2]), random.Random(seed + number), []
        for turn in range(EDITS // HANDS):
            seen = fill(client, url)
            names = dice.sample(FIELDS, dice.randint(1, 2))
            written = {
                name: str(1 + dice.randrange(480)) if name == "minutes" else f"{name} of {number}.{turn}"
                for name in names
            }
            written = {name: value for name, value in written.items() if seen[name] != value}
            answer = client.post(url, seen | written).status_code
            done.append(Edit({name: seen[name] for name in written}, written, answer))
        return done

    edits = [each for hand in at_once(HANDS, edit) for each in hand]
    answers = Counter(each.answer for each in edits)
    with organization(office.organization_id):
        changes = list(Change.objects.filter(task=task, act="edit").order_by("version"))
        task.refresh_from_db()
    overwritten = [
        each
        for each in edits
        if each.answer == 302 and each.wrote and not _saw_what_it_replaced(each, changes)
    ]
    report.say(f"{len(edits)} colliding edits: {answers[302]} saved or merged, {answers[409]} shown the conflict, "
               f"{len(overwritten)} overwrote something unseen")  # fmt: skip
    assert set(answers) <= {302, 409}
    assert answers[302] == len(changes) + sum(not each.wrote for each in edits if each.answer == 302)
    assert overwritten == []
    assert [change.version for change in changes] == list(range(2, task.version + 1))
    assert answers[409] > 0, "nobody collided"


def _saw_what_it_replaced(edit: Edit, changes: list[Change]) -> bool:
    """Some change wrote exactly these values, over exactly the values this person had on the screen."""
    return any(
        {name: str(change.after.get(name)) for name in edit.wrote} == edit.wrote
        and {name: str(change.before.get(name)) for name in edit.wrote} == edit.saw
        for change in changes
    )


def test_one_key_sent_many_times_at_once_is_one_row(office: Office, signed_in: Any, report: Report) -> None:
    client = signed_in(office.ana)
    form = {
        "title": "Only once", "reason": "A finger that trembles", "kind": "call", "day": "2030-01-02", "to": f"user:{office.ana.pk}",
        "priority": "3", "minutes": "5", "patient": str(office.pat.pk), "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    url = f"/tasks/new/?patient={office.pat.pk}"
    answers = Counter(at_once(COPIES, lambda _: same_person(client).post(url, form).status_code))
    with organization(office.organization_id):
        rows = Task.objects.filter(title="Only once").count()
    report.say(f"{COPIES} copies of one click at once: {rows} row, answers {json.dumps(answers)}")
    assert rows == 1
    assert set(answers) <= {302, 409}
    assert answers[302] >= 1
    assert same_person(client).post(url, form).status_code == 302  # asked again later: the first answer
