"""The API's lists say the same as the rule and the pages, for every role."""

import pytest
from django.urls import reverse

from coordination.accounts.models import TeamMembership
from coordination.lib.permissions import Permission
from coordination.worklist.models import Task
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory

EVERYONE = ["ana", "sue", "max", "vic", "flo", "sam", "adam", "petra", "aud", "pam", "olga"]


@pytest.mark.parametrize("who", EVERYONE)
def test_lists_say_the_same_as_the_rule(cast, api, inside, signed_in, who):
    inside(cast.riverbend)
    others = [
        PatientFactory(organization=cast.riverbend, team=team, family=name, coordinator=cast.sam)
        for team, name in [(cast.north, "Nord"), (cast.south, "Sued"), (None, "Niemand")]
    ]
    for patient in [cast.pat, *others]:
        TaskFactory(patient=patient, owner=cast.ana)
    TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana)
    TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=cast.riverbend.today())
    user = getattr(cast, who)
    one = api(user)
    inside(user.organization)
    patients = {str(pk) for pk in Patient.objects.visible_to(user).values_list("pk", flat=True)}
    tasks = {str(pk) for pk in Task.objects.visible_to(user).values_list("pk", flat=True)}

    listed = one.get("patients/?status=all&limit=200")
    found = one.post("patients/search/", {"text": "Nord"})
    if not user.may(Permission.PATIENT_VIEW):
        assert (listed.status_code, found.status_code) == (403, 403)
    else:
        assert {row["id"] for row in listed.json()["items"]} == patients
        page = signed_in(user).get(f"{reverse('patients:registry')}?status=all")
        assert {str(row["pk"]) for row in page.context["rows"]} == patients
        assert {row["id"] for row in found.json()["items"]} == patients & {str(others[0].pk)}
    work = one.get(f"tasks/?owner_id={cast.ana.pk}")
    if user.may(Permission.TASK_VIEW):
        assert {row["id"] for row in work.json()["items"]} == tasks
    else:
        assert work.status_code == 403
    for patient in [cast.pat, *others]:
        status = one.get(f"patients/{patient.pk}/").status_code
        assert (status == 200) == (str(patient.pk) in patients), status
