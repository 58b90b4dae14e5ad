"""What is typed into a form that changes something comes back over the version it was typed over: nobody is overwritten unseen."""

import datetime as dt
import re
from html import unescape

import pytest

from coordination.drafts.models import Draft
from coordination.worklist.actions import change_due
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from patients.actions.identity import edit_patient
from patients.models import Patient
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db
BEHIND = "Since you began it, this was changed"


def fields(body: str) -> dict[str, list[str] | str]:
    """What the browser would send of the main form, untouched."""
    form = re.search(r"<form[^>]*data-guard.*?</form>", body, re.DOTALL)[0]  # type: ignore[index]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (not re.search(r'type="(checkbox|radio)"', tag) or "checked" in tag):
            empty = "on" if 'type="checkbox"' in tag else ""
            sent.setdefault(name[1], []).append(unescape(value[1]) if value else empty)
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        sent[name] = [unescape(text)]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        first = re.findall(r'<option value="([^"]*)"', options)[:1]
        sent[name] = [unescape(each) for each in chosen or first]
    return {name: values if len(values) > 1 else values[0] for name, values in sent.items()}


@pytest.fixture
def task(cast):
    return TaskFactory(
        patient=cast.pat, owner=cast.ana, title="Order the ramp", reason="He falls", context="Ask for Jo"
    )


@pytest.fixture
def client(cast, signed_in):
    return signed_in(cast.ana)


def kept(client, url, address, **typed):
    """Open the form, type, and be gone."""
    sent = fields(client.get(url).content.decode()) | typed
    assert client.post(address, sent).status_code == 200
    return sent


class TestATask:
    @pytest.fixture
    def url(self, task):
        return f"/tasks/{task.pk}/edit/"

    @pytest.fixture
    def address(self, task):
        return f"/drafts/task-edit/{task.pk}/"

    def test_what_was_typed_is_there_again_and_gone_with_the_save(
        self, client, inside, cast, task, url, address
    ):
        kept(client, url, address, title="Order two ramps", context="")
        body = client.get(url).content.decode()
        assert "restored" in body
        assert BEHIND not in body
        sent = fields(body)
        assert (sent["title"], sent["context"], sent["reason"]) == ("Order two ramps", "", "He falls")
        assert client.post(url, sent).status_code == 302
        inside(cast.riverbend)
        task.refresh_from_db()
        assert (task.title, task.context, task.reason) == ("Order two ramps", "", "He falls")
        assert not Draft.objects.exists()
        assert "restored" not in client.get(url).content.decode()

    def test_a_box_that_was_unticked_stays_unticked(self, client, inside, cast, task, url, address):
        other = TaskFactory(patient=cast.pat, owner=cast.ana, title="Measure the door")
        body = fields(client.get(url).content.decode()) | {"needs": str(other.pk)}
        assert client.post(url, body).status_code == 302
        sent = fields(client.get(url).content.decode())
        assert sent.pop("needs") == str(other.pk)
        client.post(address, sent)
        assert "needs" not in fields(client.get(url).content.decode())

    def test_what_others_saved_meanwhile_is_told_and_kept(self, client, inside, cast, task, url, address):
        kept(client, url, address, title="Order two ramps")
        inside(cast.riverbend)
        stored = Task.objects.get(pk=task.pk)
        change_due(task=stored, by=cast.sue, due=Due.on(dt.date(2100, 6, 15), cast.riverbend))
        body = client.get(url).content.decode()
        assert BEHIND in body
        assert client.post(url, fields(body)).status_code == 302
        inside(cast.riverbend)
        task.refresh_from_db()
        assert (task.title, task.due_at.year) == ("Order two ramps", 2100)

    def test_the_same_field_is_shown_side_by_side(self, client, signed_in, inside, cast, task, url, address):
        kept(client, url, address, title="Order two ramps")
        sue = signed_in(cast.sue)
        hers = fields(sue.get(url).content.decode()) | {"title": "Rent a ramp"}
        assert sue.post(url, hers).status_code == 302
        answer = client.post(url, fields(client.get(url).content.decode()))
        assert answer.status_code == 409
        assert "Rent a ramp" in answer.content.decode()
        assert "Order two ramps" in answer.content.decode()
        inside(cast.riverbend)
        assert Draft.objects.get().fields["title"] == "Order two ramps"  # until one of them is saved

    def test_it_is_nobody_elses(self, client, signed_in, cast, task, url, address):
        kept(client, url, address, title="Order two ramps")
        assert "two ramps" not in signed_in(cast.sue).get(url).content.decode()
        assert signed_in(cast.sam).post(address, {"title": "x"}).status_code == 404
        assert signed_in(cast.vic).post(address, {"title": "x"}).status_code == 403


class TestAPatient:
    @pytest.mark.parametrize(
        ("part", "name", "text"),
        [
            ("name", "preferred_name", "Patty"),
            ("person", "race_ethnicity_detail", "From Oaxaca"),
            ("language", "cultural_needs", "Fasts"),
        ],
    )
    def test_what_was_typed_is_there_again_and_gone_with_the_save(
        self, client, inside, cast, part, name, text
    ):
        url, address = f"/patients/{cast.pat.pk}/edit/{part}/", f"/drafts/patient-{part}/{cast.pat.pk}/"
        kept(client, url, address, **{name: text})
        body = client.get(url).content.decode()
        assert "restored" in body
        sent = fields(body)
        assert sent[name] == text
        assert client.post(url, sent).status_code == 302
        inside(cast.riverbend)
        assert getattr(Patient.objects.get(pk=cast.pat.pk), name) == text
        assert not Draft.objects.exists()

    def test_a_draft_on_an_older_version_says_so_and_is_compared(self, client, inside, cast):
        url, address = f"/patients/{cast.pat.pk}/edit/name/", f"/drafts/patient-name/{cast.pat.pk}/"
        kept(client, url, address, preferred_name="Patty")
        inside(cast.riverbend)
        stored = Patient.objects.get(pk=cast.pat.pk)
        edit_patient(patient=stored, version=stored.version, values={"preferred_name": "Trish"}, by=cast.sue)
        body = client.get(url).content.decode()
        assert BEHIND in body
        answer = client.post(url, fields(body))
        assert answer.status_code == 409
        assert "Trish" in answer.content.decode()
        assert "Patty" in answer.content.decode()

    def test_who_may_not_edit_keeps_nothing(self, signed_in, cast):
        assert (
            signed_in(cast.vic).post(f"/drafts/patient-name/{cast.pat.pk}/", {"family": "x"}).status_code
            == 403
        )
        assert (
            signed_in(cast.sam).post(f"/drafts/patient-name/{cast.pat.pk}/", {"family": "x"}).status_code
            == 404
        )
