"""What is typed beside an act on a task is kept too, and goes with the act in the one statement it writes."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.drafts.models import Draft
from coordination.worklist.models import Task
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db
PARTS = {"HX-Request": "true"}


@pytest.fixture
def task(cast):
    return TaskFactory(patient=cast.pat, owner=cast.ana, title="Order the ramp")


def typed_for(act, cast):
    later = (timezone.now() + dt.timedelta(days=3)).date().isoformat()
    return {
        "done": {"outcome": "not_needed", "note": "He moved in with his son"},
        "snooze": {"when": "pick", "day": later, "reason": "After the holiday"},
        "waiting": {"waiting_on": "The landlord"},
        "due": {"day": later, "reason": "The landlord is away"},
        "assign": {"to": f"user:{cast.sue.pk}"},
    }[act]


ACTS = ["done", "snooze", "waiting", "due", "assign"]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("headers", [{}, PARTS], ids=["page", "dialog"])
def test_it_is_there_again_and_gone_with_the_act(cast, signed_in, inside, task, act, headers):
    client, url, typed = signed_in(cast.ana), f"/tasks/{task.pk}/{act}/", typed_for(act, cast)
    address = re.search(r'hx-post="(/drafts/[^"]+)"', client.get(url, headers=headers).text)[1]
    assert address == f"/drafts/task-{act}/{task.pk}/"
    assert client.post(address, typed).status_code == 200
    assert client.get(url, headers=headers).context["form"].initial.items() >= typed.items()
    shown = client.get(url, headers=headers).text
    assert "restored" in shown
    assert f'action="{address}discard/"' in shown
    assert client.post(url, typed | {"version": "77"}, headers=headers).status_code == 409
    inside(cast.riverbend)
    assert Draft.objects.exists()
    assert client.post(url, typed | {"version": "1"}, headers=headers).status_code in {200, 302}
    inside(cast.riverbend)
    assert Task.objects.get(pk=task.pk).version == 2
    assert not Draft.objects.exists()


def test_one_click_lets_go_of_what_was_typed_about_the_end(cast, signed_in, inside, task):
    client = signed_in(cast.ana)
    client.post(f"/drafts/task-done/{task.pk}/", {"note": "He moved"})
    client.post(f"/tasks/{task.pk}/done/", headers=PARTS)
    inside(cast.riverbend)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("act", ACTS)
def test_it_costs_no_statement(cast, signed_in, inside, act):
    """Measured against the same act with nothing kept."""
    client = signed_in(cast.ana)
    counts = []
    for keeps in (False, True):
        inside(cast.riverbend)
        task = TaskFactory(patient=cast.pat, owner=cast.ana)
        if keeps:
            client.post(f"/drafts/task-{act}/{task.pk}/", typed_for(act, cast))
        with CaptureQueriesContext(connection) as captured:
            client.post(f"/tasks/{task.pk}/{act}/", typed_for(act, cast) | {"version": "1"}, headers=PARTS)
        seen = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        counts.append(len(seen))
        assert sum('delete from "drafts_draft"' in sql.lower() for sql in seen) == 1
        assert not any(sql.lower().startswith('delete from "drafts_draft"') for sql in seen)
    assert counts[0] == counts[1]


def test_who_may_not_act_keeps_nothing(cast, signed_in, inside, task):
    for person, status in ((cast.sam, 404), (cast.olga, 404), (cast.vic, 403)):
        assert signed_in(person).post(f"/drafts/task-done/{task.pk}/", {"note": "x"}).status_code == status
    inside(cast.riverbend)
    assert not Draft.objects.exists()
