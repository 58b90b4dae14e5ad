"""The cast. Everyone in the tests is one of these people, so that a reader knows who may do what.

Riverbend (organization)
  North: ana coordinates, sue supervises, max treats, vic may only look, flo sits at the front desk
  South: sam coordinates
  whole organization: adam administers, petra guards privacy, aud audits, pam manages programs
Hillside (another organization): olga coordinates
pat is a patient of North; ana answers for pat.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from django.test import Client

from coordination.accounts.models import Organization, Team, User
from coordination.lib import rls
from coordination.lib.rls import enter_organization
from patients.models import Patient
from tests.factories import (
    OrganizationFactory,
    PatientFactory,
    TeamFactory,
    UserFactory,
    grant_team,
    join_care_team,
)

# a busy machine is no counterexample
hypothesis.settings.register_profile("calm", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("calm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: whoever takes one last would work on alone while the others have finished."""
    slow = {item.path for item in items if "slow" in item.keywords}
    items.sort(key=lambda item: item.path not in slow)


@dataclass
class Cast:
    riverbend: Organization
    hillside: Organization
    north: Team
    south: Team
    ana: User
    sam: User
    sue: User
    max: User
    vic: User
    flo: User
    adam: User
    petra: User
    aud: User
    pam: User
    olga: User
    pat: Patient


@pytest.fixture
def cast(db: None) -> Cast:
    hillside = OrganizationFactory(name="Hillside")
    riverbend = OrganizationFactory(name="Riverbend")
    north, south = (
        TeamFactory(organization=riverbend, name="North"),
        TeamFactory(organization=riverbend, name="South"),
    )

    def person(
        name: str, role: str, organization: Organization = riverbend, team: Team | None = None
    ) -> User:
        user = UserFactory(organization=organization, name=name, roles=[role])
        if team is not None:
            grant_team(user, team)
        return user

    people = {
        "ana": person("Ana Ruiz", "coordinator"),
        "sue": person("Sue Park", "supervisor", team=north),
        "max": person("Max Weber", "clinician", team=north),
        "vic": person("Vic Stone", "read_only", team=north),
        "flo": person("Flo Haas", "front_desk", team=north),
        "sam": person("Sam Cole", "coordinator", team=south),
        "adam": person("Adam Frost", "admin"),
        "petra": person("Petra Lund", "privacy_officer"),
        "aud": person("Aud Kern", "auditor"),
        "pam": person("Pam Diaz", "program_manager", team=north),
        "olga": person("Olga Berg", "coordinator", organization=hillside),
    }
    with rls.organization(riverbend.pk):  # also where every statement is a transaction of its own
        pat = PatientFactory(
            organization=riverbend, team=north, family="Rivera", given="Pat", coordinator=people["ana"]
        )
        join_care_team(pat, people["ana"], role="coordinator", is_primary=True)
    enter_organization(riverbend.pk)
    return Cast(riverbend=riverbend, hillside=hillside, north=north, south=south, pat=pat, **people)


SignIn = Callable[[User], Client]


def prove(session: Any, user: User) -> None:
    """Write down that this person proved who they are a moment ago, as signing in does."""
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)


@pytest.fixture
def signed_in(db: None) -> SignIn:
    """Return a client that is this person, past both steps of sign-in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="coordination.accounts.backends.ByEmail")
        session = client.session
        session["second_step"] = True
        session["started_at"] = session["last_activity"] = time.time()
        session.save()
        return client

    return sign_in


@pytest.fixture
def inside(db: None) -> Callable[[Any], None]:
    """Look at the rows of one organization from here on: a request of another one leaves its own behind."""

    def enter(organization: Organization) -> None:
        enter_organization(organization.pk)

    return enter
