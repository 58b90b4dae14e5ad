"""Single keys can be turned off, changed and taken away; never two commands on one key."""

import json
import re
from html import unescape

import pytest

from coordination.accounts.keys import COMMANDS, list_shortcuts, shown
from coordination.audit.models import Event
from coordination.navigation import ENTRIES, VIEWS_KEYS

ALL = {name: shown(command.key) for name, command in COMMANDS.items()} | {"single_keys": "on"}


def test_a_record_shows_ones_own_keys(cast, signed_in):
    client, url = signed_in(cast.ana), f"/patients/{cast.pat.pk}/"
    cast.ana.keys = {"log": "w"}
    cast.ana.save(update_fields=["keys"])
    page = client.get(url).text
    assert '<kbd aria-hidden="true">W</kbd>' in page
    assert '<kbd aria-hidden="true">L</kbd>' not in page
    cast.ana.single_keys = False
    cast.ana.save(update_fields=["single_keys"])
    assert '<kbd aria-hidden="true">W</kbd>' not in client.get(url).text


def remap(response):
    found = re.search(r'data-remap="([^"]*)"', response.content.decode())
    return json.loads(unescape(found.group(1))) if found else {}


def test_everyone_begins_with_the_same_keys(cast, signed_in):
    page = signed_in(cast.ana).get("/day/")
    assert remap(page) == {}
    body = page.content.decode()
    assert 'data-keys="on"' in body
    assert 'aria-keyshortcuts="J K O X Space D S L A E P"' not in body  # an empty day has no list
    assert 'aria-keyshortcuts="G D"' in body


def test_no_two_places_share_a_key():
    keys = [*(entry.keys for entry in ENTRIES), VIEWS_KEYS]
    assert len(set(keys)) == len(keys)
    commands = [command.key for command in COMMANDS.values()]
    assert len(set(commands)) == len(commands)


def test_a_list_announces_what_one_may_do(cast, db):
    assert list_shortcuts(cast.ana, previews=True) == "J K O X Space D S L A E P"
    assert list_shortcuts(cast.ana, previews=False) == "J K O X D S L A E P"
    assert list_shortcuts(cast.vic, previews=True) == "J K O X Space"


@pytest.mark.parametrize(
    ("changes", "kept", "mapped"),
    [
        ({"done": "w"}, {"done": "w"}, {"w": "d", "d": ""}),
        ({"done": "L", "log": "D"}, {"done": "l", "log": "d"}, {"l": "d", "d": "l"}),
        ({"done": ""}, {"done": ""}, {"d": ""}),
        ({"preview": "y", "go": "Space"}, {"preview": "y", "go": " "}, {" ": "g", "y": " ", "g": ""}),
        ({}, {}, {}),
    ],
)
def test_a_key_is_changed_and_kept(cast, signed_in, changes, kept, mapped):
    client = signed_in(cast.ana)
    assert client.post("/me/keys/", ALL | changes).status_code == 302
    cast.ana.refresh_from_db()
    assert cast.ana.keys == kept
    assert remap(client.get("/me/")) == mapped
    assert Event.objects.filter(name="user.preferences_saved").count() == bool(kept)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"done": "s"}, "S is the key for “Done” already."),
        ({"tab": "J"}, "J is the key for “Next row"),
        ({"done": "3"}, "1 to 9 open the tabs of a record. Choose another key."),
        ({"done": "F5"}, "One letter or sign, or the word Space."),
    ],
)
def test_what_cannot_be_is_said(cast, signed_in, changes, says):
    response = signed_in(cast.ana).post("/me/keys/", ALL | changes)
    assert response.status_code == 422
    assert says in response.content.decode()
    cast.ana.refresh_from_db()
    assert cast.ana.keys == {}


def test_the_help_and_the_page_show_ones_own(cast, signed_in):
    client = signed_in(cast.ana)
    client.post("/me/keys/", ALL | {"done": "w", "go": "ö", "new": ""})
    body = client.get("/me/keys/").content.decode()
    assert re.search(r"<kbd>W</kbd></dt><dd[^>]*>Done</dd>", body)
    assert 'aria-keyshortcuts="Ö D"' in body
    assert 'aria-keyshortcuts="N"' not in body
    assert client.post("/me/keys/", {"reset": "1"}).status_code == 302
    cast.ana.refresh_from_db()
    assert cast.ana.keys == {}


def test_off_is_off(cast, signed_in):
    client = signed_in(cast.ana)
    client.post("/me/keys/", {name: key for name, key in ALL.items() if name != "single_keys"})
    body = client.get("/me/").content.decode()
    assert 'data-keys="off"' in body
    assert body.count("aria-keyshortcuts") == 1  # Ctrl K
    assert "Single keys are turned off" in body
