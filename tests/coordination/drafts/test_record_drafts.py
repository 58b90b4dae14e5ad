"""Every form of a record keeps what is typed into it: by its own kind and row, behind its own door, gone with the save."""

import re

import pytest
from django.urls import reverse

from coordination.drafts.models import Draft
from patients.drafts import DOORS
from patients.models import CareTeamMember
from patients.urls import record, registry
from tests.coordination.drafts.test_edit_drafts import BEHIND, fields, kept
from tests.patients.test_edit_at_once import rows

__all__ = ["rows"]
pytestmark = pytest.mark.django_db
TODAY = "2020-02-03"
# the page, what it takes beside the patient, what is typed, and what else it needs to be saved
FORMS = [
    ("line_new", ["phones"], {"value": "937 555 0177", "note": "Loud"}, {"voicemail": "unknown"}),
    ("line_new", ["addresses"], {"line": "9 Elm St", "is_confidential": "on"}, {}),
    ("line_new", ["identifiers"], {"value": "3EG4", "system": "Ohio Medicaid"}, {}),
    ("line_edit", ["phones", "phone"], {"note": "Loud", "text_allowed": "true", "call_from": "09:00"}, {}),
    ("line_edit", ["addresses", "address"], {"city": "Xenia"}, {}),
    ("line_edit", ["identifiers", "identifier"], {"ends_on": TODAY}, {}),
    ("line_remove", ["phones", "phone"], {"reason": "Her brother reads it"}, {}),
    ("line_remove", ["addresses", "address"], {"reason": "Moved", "entered_in_error": "on"}, {}),
    ("line_remove", ["identifiers", "identifier"], {"reason": "Expired"}, {}),
    ("person_add", [], {"name": "Luis", "relationship": "son", "is_caregiver": "on"}, {}),
    ("person_edit", ["relative"], {"may_be_told": "Appointments only"}, {}),
    ("person_end", ["relative"], {"on": TODAY}, {}),
    ("consent_add", [], {"recipients": "Her church", "given": "no", "signed_on": TODAY}, {}),
    ("member_add", [], {"name": "Jo of the parish", "role_text": "Brings meals"}, {}),
    ("member_end", ["member"], {"on": "2030-01-31"}, {}),
    ("coverage_add", [], {"payer": "Humana", "plan": "Gold"}, {}),
    ("coverage_edit", ["plan"], {"group_number": "77"}, {}),
    ("coverage_end", ["plan"], {"on": TODAY}, {}),
    ("history_add", ["condition"], {"text": "Gout", "note": "Left foot"}, {}),
    ("history_add", ["family_history"], {"relative": "Mother", "text": "Stroke"}, {}),
    ("history_dispute", ["condition", "history"], {"reason": "She says it was bronchitis"}, {}),
    ("history_error", ["condition", "history"], {"reason": "Another patient's"}, {}),
    ("history_end", ["condition", "history"], {"on": TODAY}, {}),
    ("death", [], {"died_on": TODAY}, {}),
    ("end_care", [], {"reason": "Moved to Oregon"}, {}),
]  # fmt: skip


@pytest.fixture
def page(cast, rows):
    member = CareTeamMember.objects.create(
        organization=cast.riverbend, patient=cast.pat, name="Jo", role="other", starts_on="2026-01-01",
        created_by=cast.petra, updated_by=cast.petra,
    )  # fmt: skip
    known = {name: row.pk for name, (row, _url) in rows.items()} | {"member": member.pk}
    return lambda route, args: reverse(
        f"patients:{route}", args=[cast.pat.pk, *(known.get(arg, arg) for arg in args)]
    )


def address_of(body):
    return re.search(r'hx-post="(/drafts/[^"]+)"', body)[1]


@pytest.mark.parametrize(("route", "args", "typed", "also"), FORMS)
def test_what_was_typed_is_there_again_and_gone_with_the_save(
    cast, signed_in, inside, page, route, args, typed, also
):
    url, client = page(route, args), signed_in(cast.ana)
    address = address_of(client.get(url).text)
    kept(client, url, address, **typed)
    inside(cast.riverbend)
    assert Draft.objects.get().patient_id == cast.pat.pk
    body = client.get(url).text
    assert "restored" in body
    assert BEHIND not in body
    again = fields(body)
    assert {name: again.get(name) for name in typed} == typed
    assert client.post(url, again | {"patient": ""}).status_code == 422
    inside(cast.riverbend)
    assert Draft.objects.exists()  # a refused save keeps it
    answer = client.post(url, fields(client.get(url).text) | also)
    assert (answer.status_code, answer.context and dict(answer.context["form"].errors)) == (302, None)
    inside(cast.riverbend)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("route", "args", "typed", "also"), FORMS)
def test_who_may_not_open_the_form_keeps_nothing(cast, signed_in, inside, page, route, args, typed, also):
    url = page(route, args)
    address = address_of(signed_in(cast.ana).get(url).text)
    for person in (cast.sam, cast.olga, cast.vic):
        refused = signed_in(person).get(url).status_code
        assert refused in {403, 404}
        assert signed_in(person).post(address, typed).status_code == refused
    inside(cast.riverbend)
    assert not Draft.objects.exists()


def test_one_row_has_not_the_draft_of_another(cast, signed_in, inside, page, rows):
    client = signed_in(cast.ana)
    edit, remove = page("line_edit", ["phones", "phone"]), page("line_remove", ["phones", "phone"])
    new = page("line_new", ["phones"])
    kept(client, edit, address_of(client.get(edit).text), note="Loud")
    for other in (remove, new, page("line_edit", ["addresses", "address"])):
        assert "restored" not in client.get(other).text
    assert "Loud" in client.get(edit).text


def test_a_door_is_that_of_its_row(cast, signed_in, rows):
    """The id of a phone opens no form about an address, nor that of a patient one about a phone."""
    client, phone = signed_in(cast.ana), rows["phone"][0]
    assert client.post(f"/drafts/patient-line-edit-phones/{phone.pk}/", {"note": "x"}).status_code == 200
    for form, pk in [("addresses", phone.pk), ("phones", cast.pat.pk)]:
        assert client.post(f"/drafts/patient-line-edit-{form}/{pk}/", {"note": "x"}).status_code == 404


# what has nothing to write: a button, or one choice
NOTHING_TO_WRITE = {
    "consent_revoke", "person_verify", "coverage_verify", "history_check", "history_sensitivity", "history_allergies",
    "hand_over", "resume_care", "change_undo",
}  # fmt: skip
# read, or kept another way
OTHERWISE = {
    "patient", "timeline", "access", "sight", "print", "merge", "history", "history_series", "history_item", "people",
    "coverage", "registry", "attention", "search", "duplicates", "edit", "two_people", "unmerge", "changes", "registry_changes",
}  # fmt: skip


def test_no_form_of_a_record_is_without_one():
    names = {pattern.name for pattern in [*record.urlpatterns, *registry.urlpatterns]}
    forms = names - NOTHING_TO_WRITE - OTHERWISE
    without = {
        name
        for name in forms
        if not any(
            form.startswith("patient-" + name.removeprefix("edit_").replace("_", "-").removesuffix("-with"))
            for form in DOORS
        )
    }
    assert without == set()
