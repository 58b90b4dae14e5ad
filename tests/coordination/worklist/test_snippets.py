"""Words people write often: kept under a short name, one's own or a team's, offered where one writes."""

import uuid

import pytest
import time_machine
from django.utils import timezone

from coordination.accounts.models import TeamMembership
from coordination.audit.models import Event
from coordination.worklist.models import Snippet
from tests.factories import SnippetFactory


def save(client, name="voicemail", text="Left voicemail, callback number only.", **more):
    return client.post("/snippets/new/", {"name": name, "text": text} | more)


def typed(client):
    return [(each["name"], each["whose"]) for each in client.get("/snippets/typed/").json()["snippets"]]


def test_one_is_kept_and_offered(cast, signed_in, inside):
    client = signed_in(cast.ana)
    assert "No snippets yet" in client.get("/snippets/").text
    assert save(client, name="Voicemail").status_code == 302
    answer = client.get("/snippets/typed/")
    assert answer.json() == {
        "snippets": [{"name": "voicemail", "text": "Left voicemail, callback number only.", "whose": ""}]
    }
    assert "no-store" in answer["Cache-Control"]
    inside(cast.riverbend)
    snippet = Snippet.objects.get()
    assert (snippet.owner, snippet.team) == (cast.ana, None)
    assert Event.objects.filter(name="snippet.saved", target_id=str(snippet.pk)).count() == 1
    assert 'data-url="/snippets/typed/"' in client.get("/day/").text


@pytest.mark.parametrize("name", ["two words", ":vm", "-vm", "_vm", "", "x" * 21, "vm!"])
def test_a_short_name_can_be_typed(cast, signed_in, name):
    response = save(signed_in(cast.ana), name=name)
    assert response.status_code == 422
    assert response.context["form"].errors["name"]


@pytest.mark.parametrize("name", ["vm", "пропуск", "a-1", "3x", "回電"])
def test_in_any_script(cast, signed_in, name):
    client = signed_in(cast.ana)
    assert save(client, name=name).status_code == 302
    assert typed(client) == [(name, "")]


def test_a_name_is_taken_once_by_each(cast, signed_in):
    SnippetFactory(owner=cast.ana, name="vm")
    again = save(signed_in(cast.ana), name="VM")
    assert again.status_code == 422
    assert "There is a snippet called “vm” already." in again.text
    assert save(signed_in(cast.max), name="vm").status_code == 302


def test_a_team_reads_what_its_supervisor_keeps(cast, signed_in):
    assert save(signed_in(cast.sue), name="closing", for_whom=str(cast.north.pk)).status_code == 302
    SnippetFactory(owner=cast.ana, name="closing")
    TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=cast.riverbend.today())
    assert typed(signed_in(cast.ana)) == [("closing", ""), ("closing", "North")]  # one's own first
    assert typed(signed_in(cast.sam)) == []
    ana, (snippet,) = signed_in(cast.ana), Snippet.objects.filter(team=cast.north)
    page = ana.get("/snippets/").text
    assert f"/snippets/{snippet.pk}/edit/" not in page
    assert ana.post(f"/snippets/{snippet.pk}/delete/").status_code == 403
    assert ana.get(f"/snippets/{snippet.pk}/edit/").status_code == 403
    assert signed_in(cast.sam).get(f"/snippets/{snippet.pk}/edit/").status_code == 404
    assert "for_whom" not in ana.get("/snippets/new/").text
    assert (
        save(ana, name="mine", for_whom=str(cast.north.pk)).status_code == 302
    )  # who may not, keeps it for themselves
    assert Snippet.objects.get(name="mine").owner == cast.ana


def test_two_who_change_one_are_told(cast, signed_in):
    snippet = SnippetFactory(owner=cast.ana, name="vm")
    client, url = signed_in(cast.ana), f"/snippets/{snippet.pk}/edit/"
    assert client.post(url, {"name": "vm", "text": "One.", "version": 1}).status_code == 302
    stale = client.post(url, {"name": "vm", "text": "Other.", "version": 1})
    assert stale.status_code == 409
    assert "Other." in stale.text
    snippet.refresh_from_db()
    assert snippet.text == "One."


def test_a_deleted_one_comes_back_for_ten_minutes(cast, signed_in):
    snippet = SnippetFactory(owner=cast.ana, name="vm", text="Left voicemail.")
    client, other = signed_in(cast.ana), signed_in(cast.ana)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        page = client.post(f"/snippets/{snippet.pk}/delete/", follow=True)
        assert "Deleted “vm”." in page.text
        assert other.post(f"/snippets/{snippet.pk}/restore/").status_code == 404
        assert typed(client) == []
        assert "“vm” is back." in client.post(f"/snippets/{snippet.pk}/restore/", follow=True).text
        assert Snippet.objects.get(pk=snippet.pk).text == "Left voicemail."
        client.post(f"/snippets/{snippet.pk}/delete/")
        save(client, name="vm")
        taken = client.post(f"/snippets/{snippet.pk}/restore/", follow=True)
        assert "There is a snippet called “vm” already." in taken.text
        clock.shift(11 * 60)
        assert client.post(f"/snippets/{snippet.pk}/restore/").status_code == 404


def test_a_change_is_taken_back_unless_it_was_changed_since(cast, signed_in):
    snippet = SnippetFactory(owner=cast.ana, name="vm", text="Left voicemail.")
    client, url = signed_in(cast.ana), f"/snippets/{snippet.pk}/"
    client.post(f"{url}edit/", {"name": "voicemail", "text": "One.", "version": 1})
    assert "“vm” is as it was before." in client.post(f"{url}restore/", follow=True).text
    snippet.refresh_from_db()
    assert (snippet.name, snippet.text) == ("vm", "Left voicemail.")
    client.post(f"{url}edit/", {"name": "vm", "text": "Two.", "version": 3})
    signed_in(cast.ana).post(f"{url}edit/", {"name": "vm", "text": "Three.", "version": 4})
    assert "Changed since by Ana Ruiz" in client.post(f"{url}restore/", follow=True).text
    snippet.refresh_from_db()
    assert snippet.text == "Three."


def test_another_house_knows_nothing_of_it(cast, signed_in):
    snippet = SnippetFactory(owner=cast.ana)
    assert signed_in(cast.olga).post(f"/snippets/{snippet.pk}/delete/").status_code == 404
    assert signed_in(cast.ana).post(f"/snippets/{uuid.uuid4()}/delete/").status_code == 404


def test_what_typing_asks_for_is_one_statement_beside_coming_in(cast, signed_in, statements):
    client = signed_in(cast.ana)
    for n in range(3):
        SnippetFactory(owner=cast.ana, name=f"s{n}")
    client.get("/snippets/typed/")
    with statements() as seen:
        client.get("/snippets/typed/")
    assert len(seen) == 3, seen


def test_what_is_typed_into_a_new_one_is_kept(cast, signed_in):
    client = signed_in(cast.ana)
    address = f"/drafts/snippet/{cast.ana.pk}/"
    assert address in client.get("/snippets/new/").text
    typed = {"name": "vm", "text": "Left voicemail.", "for_whom": "mine"}
    assert client.post(address, typed).status_code == 200
    page = client.get("/snippets/new/")
    assert "restored" in page.text
    assert "Left voicemail." in page.text
    assert signed_in(cast.sue).post(address, typed).status_code == 404
    save(client, name="vm")
    assert "restored" not in client.get("/snippets/new/").text
