"""Why somebody sees a patient: the same rule, said in words."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from guardian.shortcuts import assign_perm

from coordination.accounts.models import SEE_PATIENTS, Cover
from patients.models import AccessDenial, AccessGrant
from patients.sight import explain_access, helpers
from tests.factories import EmergencyFactory, UserFactory, grant_team, join_care_team
from tests.patients.record import at, page

pytestmark = pytest.mark.django_db


def said(user, patient):
    return [str(path) for path in explain_access(user, patient).paths]


def test_each_path_in_words(cast):
    today = cast.riverbend.today()
    group = Group.objects.create(name="Night shift")
    cast.sam.groups.add(group)
    assign_perm(SEE_PATIENTS, group, cast.north)
    dates = {"starts_on": today, "ends_on": today, "created_by": cast.sue}
    Cover.objects.create(organization=cast.riverbend, absent=cast.ana, covering=cast.sam, **dates)
    EmergencyFactory(patient=cast.pat, user=cast.sam, starts_at=timezone.now())
    AccessGrant.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.sam, granted_by=cast.sue, reason="consult", note="Asked",
        starts_at=timezone.now(), expires_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip
    assert said(cast.sam, cast.pat) == [
        "Covers for Ana Ruiz",
        "Emergency access",
        "Given sight by Sue Park",
        "May see the patients of North, Night shift, as one of a group",
    ]
    assert said(cast.ana, cast.pat) == ["On the care team"]
    assert said(cast.sue, cast.pat) == ["May see the patients of North"]
    assert said(cast.petra, cast.pat) == ["Sees every patient of the organization, by role"]
    assert explain_access(cast.ana, cast.pat).paths[0].dates == "since 01-Jan-2020"


def test_what_is_missing_and_who_can_help(cast):
    for who, sentence in (
        (cast.sam, "Not on the care team"),
        (cast.adam, "None of the roles"),
        (cast.olga, "no such patient"),
    ):
        found = explain_access(who, cast.pat)
        assert not found.sees
        assert sentence in found.missing
    assert helpers(cast.sam) == ["Adam Frost", "Pam Diaz", "Sue Park"]


def test_a_denial_stands_above_every_path(cast, signed_in):
    deny(cast, cast.max)
    found = explain_access(cast.max, cast.pat)
    assert found.paths
    assert not found.sees
    assert signed_in(cast.max).get(at("sight", cast.pat)).status_code == 404
    listed = page(signed_in(cast.sue), at("sight", cast.pat))
    assert "May not see this patient" in listed
    assert "Relative" not in listed  # why is between the patient and the privacy officer


def deny(cast, user):
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=user, reason="Relative", starts_on=cast.riverbend.today(),
        created_by=cast.sue,
    )  # fmt: skip


def test_the_page_names_everyone_who_sees_the_record(cast, signed_in):
    text = page(signed_in(cast.ana), at("sight", cast.pat))
    for name in ("Ana Ruiz", "Sue Park", "Max Weber", "Vic Stone", "Flo Haas", "Petra Lund", "Pam Diaz"):
        assert name in text
    for name in ("Sam Cole", "Olga Berg", "Adam Frost", "Aud Kern"):
        assert name not in text


def test_without_the_right_one_sees_only_ones_own(cast, signed_in):
    text = page(signed_in(cast.vic), at("sight", cast.pat))
    assert "May see the patients of North" in text
    assert "Sue Park" not in text


def test_its_statements_do_not_grow_with_the_people(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    for n in range(60):
        user = UserFactory(organization=cast.riverbend, name=f"Nurse {n:02}", roles=["clinician"])
        if n % 2:
            grant_team(user, cast.north)
        else:
            join_care_team(cast.pat, user)
    with django_assert_max_num_queries(16):
        first = page(client, at("sight", cast.pat))
    assert first.count('<th scope="row">') == 50
    cursor = first.split("after=")[1].split('"')[0]
    with django_assert_max_num_queries(16):
        second = page(client, f"{at('sight', cast.pat)}?after={cursor}")
    assert second.count('<th scope="row">') == 17
