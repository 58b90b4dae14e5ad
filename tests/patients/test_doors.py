"""Every door says the same as a plain-Python reading of the rule, whatever the world looks like.

Hypothesis builds worlds of two organizations with teams, care teams, covers, grants and denials at random dates. For every role,
the ids from the list, the detail door, the search and the count equal the oracle's, which knows nothing of SQL.
"""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination.accounts.models import SEE_PATIENTS, Cover, Organization, Team, User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import ROLES
from coordination.lib.names import name_keys, sort_name
from coordination.lib.rls import enter_organization
from patients.access import get_patient
from patients.models import AccessDenial, AccessGrant, CareTeamMember, Patient
from patients.sight import explain_access, people_who_see

DAYS = st.integers(-3, 3)
PEOPLE, PATIENTS, TEAMS = 4, 5, 2


@dataclass(frozen=True)
class Span:
    starts: int
    ends: int | None

    def holds(self, day: int = 0) -> bool:
        return self.starts <= day and (self.ends is None or self.ends >= day)


@st.composite
def spans(draw, *, open_ended=True):
    starts = draw(DAYS)
    ends = draw(st.none() | st.integers(starts, 4)) if open_ended else draw(st.integers(starts, 4))
    return Span(starts, ends)


@dataclass
class World:
    """Places are numbers; dates are days from today. Organization 0 holds teams 0 and 1, organization 1 holds team 2."""

    roles: list[list[str]]
    homes: list[int]  # the organization of each person
    patient_homes: list[int]
    patient_teams: list[int | None]
    statuses: list[str]
    grants: list[tuple[int, int]] = field(default_factory=list)  # person, team
    care: list[tuple[int, int, Span]] = field(default_factory=list)  # patient, person
    covers: list[tuple[int, int, Span]] = field(default_factory=list)  # absent, covering
    break_glass: list[tuple[int, int, Span, bool]] = field(default_factory=list)  # patient, person, revoked
    denials: list[tuple[int, int, Span]] = field(default_factory=list)


@st.composite
def worlds(draw):
    person, patient = st.integers(0, PEOPLE - 1), st.integers(0, PATIENTS - 1)
    return World(
        roles=[
            draw(st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=2, unique=True))
            for _ in range(PEOPLE)
        ],
        homes=[draw(st.sampled_from([0, 0, 0, 1])) for _ in range(PEOPLE)],
        patient_homes=(homes := [draw(st.sampled_from([0, 0, 0, 1])) for _ in range(PATIENTS)]),
        patient_teams=[
            draw(st.sampled_from([None, 0, 1])) if home == 0 else draw(st.sampled_from([None, 2]))
            for home in homes
        ],
        statuses=[
            draw(st.sampled_from(["active", "active", "ended", "entered_in_error"])) for _ in range(PATIENTS)
        ],
        grants=draw(st.lists(st.tuples(person, st.integers(0, 2)), max_size=4, unique=True)),
        care=draw(st.lists(st.tuples(patient, person, spans()), max_size=6)),
        covers=draw(
            st.lists(
                st.tuples(person, person, spans(open_ended=False)).filter(lambda c: c[0] != c[1]), max_size=3
            )
        ),
        break_glass=draw(
            st.lists(st.tuples(patient, person, spans(open_ended=False), st.booleans()), max_size=3)
        ),
        denials=draw(st.lists(st.tuples(patient, person, spans()), max_size=3)),
    )


def oracle(world: World, who: int) -> set[int]:
    """Whom this person sees, said plainly."""
    permissions = set().union(*(ROLES[role].permissions for role in world.roles[who]))
    if Permission.PATIENT_VIEW not in permissions:
        return set()
    stands_in_for = {who} | {
        absent for absent, covering, span in world.covers if covering == who and span.holds()
    }
    seen = set()
    for number in range(PATIENTS):
        if world.patient_homes[number] != world.homes[who] or world.statuses[number] == "entered_in_error":
            continue
        if any(p == number and person == who and span.holds() for p, person, span in world.denials):
            continue
        reasons = [
            Permission.PATIENT_VIEW_ORGANIZATION in permissions,
            any(person == who and team == world.patient_teams[number] for person, team in world.grants),
            any(p == number and person in stands_in_for and span.holds() for p, person, span in world.care),
            # a grant runs from noon to noon, and "now" is noon
            any(
                p == number and person == who and not revoked and span.starts <= 0 < span.ends
                for p, person, span, revoked in world.break_glass
            ),
        ]
        if any(reasons):
            seen.add(number)
    return seen


class Built:
    """The world, in the database."""

    def __init__(self, world: World) -> None:
        self.now = timezone.now()
        self.organizations = Organization.objects.bulk_create(
            Organization(name=f"Org {n}", time_zone="UTC") for n in range(2)
        )
        self.teams = Team.objects.bulk_create(
            Team(organization=self.organizations[0 if n < TEAMS else 1], name=f"Team {n}")
            for n in range(TEAMS + 1)
        )
        self.people = User.objects.bulk_create(
            User(
                organization=self.organizations[home],
                email=f"p{n}@example.org",
                name=f"P {n}",
                roles=roles,
                password="!",
            )
            for n, (home, roles) in enumerate(zip(world.homes, world.roles, strict=True))
        )
        self.patients = [self._patient(world, n, home) for n, home in enumerate(world.patient_homes)]
        self.about = list(self.patients)
        for person, team in world.grants:
            assign_perm(SEE_PATIENTS, self.people[person], self.teams[team])
        Cover.objects.bulk_create(
            Cover(
                organization=self.organizations[0], absent=self.people[absent], covering=self.people[covering],
                starts_on=self.day(span.starts), ends_on=self.day(span.ends), created_by=self.people[absent],
            )
            for absent, covering, span in world.covers
        )  # fmt: skip
        for number, person, span in world.care:
            self._about(
                number,
                CareTeamMember,
                user=self.people[person],
                role="nurse",
                **self._dates(span),
                created_by=self.people[0],
                updated_by=self.people[0],
            )
        for number, person, span, revoked in world.break_glass:
            ended = {"revoked_at": self.now, "revoked_by": self.people[0]} if revoked else {}
            starts, ends = (
                self.now + dt.timedelta(days=span.starts),
                self.now + dt.timedelta(days=span.ends, seconds=-1),
            )
            if ends > starts:
                self._about(
                    number,
                    AccessGrant,
                    user=self.people[person],
                    reason="consult",
                    note="",
                    starts_at=starts,
                    expires_at=ends,
                    granted_by=self.people[0],
                    **ended,
                )
        for number, person, span in world.denials:
            self._about(
                number,
                AccessDenial,
                user=self.people[person],
                reason="Relative",
                created_by=self.people[0],
                **self._dates(span),
            )
        self._save_about()

    def day(self, offset: int | None) -> dt.date | None:
        return None if offset is None else self.now.date() + dt.timedelta(days=offset)

    def _dates(self, span: Span) -> dict:
        return {"starts_on": self.day(span.starts), "ends_on": self.day(span.ends)}

    def _patient(self, world: World, n: int, home: int) -> Patient:
        family, team = f"Rivera{'abcde'[n]}", world.patient_teams[n]
        return Patient(
            organization=self.organizations[home], family=family, given="Pat", team=None if team is None else self.teams[team],
            status=world.statuses[n], care_ended_on=self.now.date() if world.statuses[n] == "ended" else None,
            sort_name=sort_name(family, "Pat"), name_keys=name_keys(family, "Pat"), created_by=self.people[0], updated_by=self.people[0],
        )  # fmt: skip

    def _about(self, number: int, model, **values) -> None:
        patient = self.patients[number]
        self.about.append(model(organization_id=patient.organization_id, patient=patient, **values))

    def _save_about(self) -> None:
        """Patients and what is about them, an organization and a table at a time."""
        for house in self.organizations:
            enter_organization(house.pk)
            for model in dict.fromkeys(map(type, self.about)):
                model.objects.bulk_create(
                    row for row in self.about if type(row) is model and row.organization_id == house.pk
                )

    def numbers(self, ids) -> set[int]:
        place = {patient.pk: n for n, patient in enumerate(self.patients)}
        return {place[pk] for pk in ids}


def opens(user: User, patient: Patient) -> bool:
    try:
        return get_patient(user, patient.pk).pk == patient.pk
    except (Http404, PermissionDenied):
        return False


@pytest.mark.django_db
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.slow
@given(world=worlds())
def test_list_detail_search_and_count_agree_with_the_oracle(world):
    with transaction.atomic():
        built = Built(world)
        for who, person in enumerate(built.people):
            user = User.objects.select_related("organization").get(pk=person.pk)
            enter_organization(user.organization_id)
            listed = list(Patient.objects.visible_to(user).values_list("pk", flat=True))
            expected = oracle(world, who)
            assert built.numbers(listed) == expected
            assert len(listed) == len(expected), "a patient came back twice"
            assert Patient.objects.visible_to(user).count() == len(expected)
            assert (
                built.numbers(
                    Patient.objects.visible_to(user).named_like("Rivera").values_list("pk", flat=True)
                )
                == expected
            )
            assert {n for n, patient in enumerate(built.patients) if opens(user, patient)} == expected
            assert built.numbers(
                CareTeamMember.objects.visible_to(user).values_list("patient", flat=True)
            ) == {number for number, _person, _span in world.care if number in expected}
            explained = {n for n, patient in enumerate(built.patients) if explain_access(user, patient).sees}
            assert explained == expected
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds())
def test_who_sees_a_patient_agrees_with_whom_each_person_sees(world):
    with transaction.atomic():
        built = Built(world)
        sees = [oracle(world, who) for who in range(PEOPLE)]
        for n, patient in enumerate(built.patients):
            enter_organization(patient.organization_id)
            asking = User(organization_id=patient.organization_id)
            lines = people_who_see(asking, patient, after=None, before=None).rows
            told = {built.people.index(line.user) for line in lines if line.sees}
            if world.statuses[n] != "entered_in_error":  # nobody opens the page of such a patient
                assert told == {who for who in range(PEOPLE) if n in sees[who]}
        transaction.set_rollback(True)


EVERYONE = ["ana", "sue", "max", "vic", "flo", "sam", "adam", "petra", "aud", "pam", "olga"]


@pytest.mark.parametrize("who", EVERYONE)
def test_pages_say_the_same_as_the_rule(cast, signed_in, inside, who):
    """The registry, its search, its count and the record agree with the rule, for every role."""
    user = getattr(cast, who)
    inside(user.organization)
    sees = Patient.objects.visible_to(user).filter(pk=cast.pat.pk).exists()
    client = signed_in(user)
    record = client.get(reverse("patients:patient", args=[cast.pat.pk]))
    assert (record.status_code == 200) == sees
    registry = client.get(reverse("patients:registry"))
    if Permission.PATIENT_VIEW not in user.permissions:
        assert registry.status_code == 403
        return
    assert ("RIVERA, Pat" in registry.content.decode()) == sees
    found = client.post(reverse("patients:search"), {"text": "Rivera"}, follow=True)
    assert ("RIVERA, Pat" in found.content.decode()) == sees
