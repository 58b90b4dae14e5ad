"""Two people at one form of a record: what only one of them changed is saved, what both changed is shown with both values."""

import re
from html import unescape

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from coordination.lib.refusal import Stale
from patients.actions.reaching import change_phone
from patients.models import Address, Condition, ContactPoint, Coverage, Identifier, Patient, RelatedPerson
from tests.coordination.drafts.test_edit_drafts import fields

pytestmark = pytest.mark.django_db


def row(cast, model, **values):
    return model.objects.create(
        organization=cast.riverbend, patient=cast.pat, created_by=cast.petra, updated_by=cast.petra, **values
    )


@pytest.fixture
def rows(cast):
    """What is changed, the address of its form and the name of its event."""
    pat = cast.pat.pk
    phone = row(cast, ContactPoint, kind="mobile", value="(937) 555-0142", number="+19375550142")
    address = row(cast, Address, line="418 Alder St", city="Dayton")
    number = row(cast, Identifier, kind="MC", value="1EG4")
    son = row(cast, RelatedPerson, name="Luis Rivera", relationship="son")
    plan = row(cast, Coverage, payer="Aetna", member_id="A1")
    line = row(cast, Condition, text="Asthma")
    at = {
        "phone": (phone, reverse("patients:line_edit", args=[pat, "phones", phone.pk])),
        "address": (address, reverse("patients:line_edit", args=[pat, "addresses", address.pk])),
        "identifier": (number, reverse("patients:line_edit", args=[pat, "identifiers", number.pk])),
        "relative": (son, reverse("patients:person_edit", args=[pat, son.pk])),
        "plan": (plan, reverse("patients:coverage_edit", args=[pat, plan.pk])),
        "history": (line, reverse("patients:history_sensitivity", args=[pat, "condition", line.pk])),
    }
    for part in ("name", "person", "language"):
        at[part] = (cast.pat, reverse(f"patients:edit_{part}", args=[pat]))
    return at


EVENTS = {
    "name": "patient.edited", "person": "patient.edited", "language": "patient.edited", "phone": "phone.changed",
    "address": "address.changed", "identifier": "identifier.changed", "relative": "related_person.changed",
    "plan": "coverage.changed",
}  # fmt: skip
# what she changes, what I change: nothing of it belongs together
MERGED = [
    ("name", {"preferred_name": "Patty"}, {"pronouns": "she/her"}),
    ("person", {"marital_status": "Married"}, {"race_ethnicity": ["asian", "white"], "race_ethnicity_source": "self"}),
    ("person", {"race_ethnicity": ["asian", "white"]}, {"marital_status": "Married"}),
    ("language", {"language": "so"}, {"cultural_needs": "Fasts"}),
    ("phone", {"note": "Loud please"}, {"value": "(937) 555-0199", "text_allowed": "true"}),
    ("phone", {"value": "(937) 555-0199"}, {"note": "Loud please", "call_from": "09:00"}),
    ("address", {"line": "9 Elm St", "city": "Xenia"}, {"is_confidential": "on"}),
    ("identifier", {"ends_on": "2026-01-31"}, {"system": "Ohio Medicaid"}),
    ("relative", {"phone": "937 555 0100"}, {"is_caregiver": "on", "may_be_told": "Appointments"}),
    ("plan", {"rank": "2"}, {"member_id": "A2"}),
]  # fmt: skip


def opened(client, url):
    return fields(client.get(url).content.decode())


@pytest.mark.parametrize(("part", "hers", "mine"), MERGED)
def test_different_fields_are_both_saved(cast, signed_in, inside, rows, part, hers, mine):
    stored, url = rows[part]
    sue, ana = signed_in(cast.sue), signed_in(cast.ana)
    typed = opened(ana, url) | mine
    assert sue.post(url, opened(sue, url) | hers).status_code == 302
    answer = ana.post(url, typed, follow=True)
    assert "changed meanwhile was kept" in answer.text
    inside(cast.riverbend)
    saved = opened(ana, url)
    assert {name: saved.get(name) for name in {**hers, **mine}} == {**hers, **mine}
    inside(cast.riverbend)
    changed = Event.objects.filter(name=EVENTS[part], actor_id=cast.ana.pk).latest("id").changed
    assert set(mine) <= set(changed)
    assert not set(hers) & set(changed)
    stored.refresh_from_db()
    assert (stored.version, stored.updated_by) == (3, cast.ana)


# both change the same, or what only makes sense as one
ASKED = [
    ("name", {"pronouns": "they/them"}, {"pronouns": "she/her"}, {"pronouns"}),
    ("phone", {"value": "937 555 0100", "note": "Loud"}, {"value": "937 555 0199"}, {"value"}),
    ("phone", {"call_until": "12:00"}, {"call_from": "13:00"}, {"call_from", "call_until"}),
    ("address", {"line": "9 Elm St", "city": "Xenia"}, {"postal_code": "45402"}, {"line", "city", "postal_code"}),
    ("identifier", {"value": "2EG4"}, {"kind": "MA"}, {"kind", "value"}),
    ("relative", {"starts_on": "2026-03-01"}, {"ends_on": "2026-02-01"}, {"starts_on", "ends_on"}),
    ("plan", {"payer": "Humana"}, {"member_id": "A2"}, {"payer", "member_id"}),
    ("person", {"birth_precision": "year"}, {"birth_date": "15 Mar 1958"}, {"birth_date", "birth_precision"}),
    ("history", {"sensitivity": "SEX"}, {"sensitivity": "BH"}, {"sensitivity"}),
]  # fmt: skip


@pytest.mark.parametrize(("part", "hers", "mine", "asked"), ASKED)
def test_the_same_is_shown_with_both_values(cast, signed_in, inside, rows, part, hers, mine, asked):
    stored, url = rows[part]
    sue, ana = signed_in(cast.max if part == "history" else cast.sue), signed_in(cast.ana)
    typed = opened(ana, url) | mine
    assert sue.post(url, opened(sue, url) | hers).status_code == 302
    answer = ana.post(url, typed)
    assert answer.status_code == 409
    assert {item["name"] for item in answer.context["conflict"]["fields"]} == asked
    inside(cast.riverbend)
    stored.refresh_from_db()
    assert stored.version == 2
    # keeping hers changes nothing
    form = re.search(r'<form method="post"[^>]*class="stack".*?</form>', answer.text, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    chosen = {item["name"]: item["theirs_value"] for item in answer.context["conflict"]["fields"]}
    settled = ana.post(url, {name: unescape(value) for name, value in hidden} | chosen)
    assert settled.status_code == 302
    inside(cast.riverbend)
    stored.refresh_from_db()
    assert stored.version == 2


def test_a_third_who_saves_while_one_chooses_is_merged_too(cast, signed_in, inside, rows):
    _stored, url = rows["name"]
    sue, ana = signed_in(cast.sue), signed_in(cast.ana)
    typed = opened(ana, url) | {"pronouns": "she/her"}
    sue.post(url, opened(sue, url) | {"pronouns": "they/them"})
    answer = ana.post(url, typed)
    form = re.search(r'<form method="post"[^>]*class="stack".*?</form>', answer.text, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    sue.post(url, opened(sue, url) | {"preferred_name": "Patty"})
    settled = ana.post(url, {name: unescape(value) for name, value in hidden} | {"pronouns": "she/her"})
    assert settled.status_code == 302
    inside(cast.riverbend)
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.preferred_name, patient.pronouns) == ("Patty", "she/her")


def test_a_number_follows_what_was_merged(cast, rows):
    """The form of the number that is dialed is made of what is stored, not of what one of two people saw."""
    phone, _url = rows["phone"]
    seen = {"kind": "mobile", "value": "(937) 555-0142", "note": ""}
    change_phone(phone=phone, version=1, values={**seen, "value": "937 555 0199"}, seen=seen, by=cast.sue)
    saved = change_phone(phone=phone, version=1, values={**seen, "note": "Loud"}, seen=seen, by=cast.ana)
    assert (saved.value, saved.number, saved.note) == ("937 555 0199", "+19375550199", "Loud")


def test_without_what_was_seen_any_change_is_refused(cast, rows):
    """As a program edits: it names the version it read."""
    phone, _url = rows["phone"]
    change_phone(phone=phone, version=1, values={"note": "Loud"}, by=cast.sue)
    with pytest.raises(Stale):
        change_phone(phone=phone, version=1, values={"best_time": "Mornings"}, by=cast.ana)
