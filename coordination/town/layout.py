"""The organization of the town: sites, teams, and the people who work there."""

import uuid
from dataclasses import dataclass, field
from random import Random

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from guardian.shortcuts import assign_perm

from coordination.accounts.models import SEE_PATIENTS, Organization, Site, Team, TeamMembership, User
from coordination.lib.ids import new_id
from coordination.town.calendar import Calendar
from coordination.town.signins import DEMO_PASSWORD, DOMAIN, SIGN_INS

ZONE = "America/New_York"
CASELOAD = 82  # patients of one coordinator
PATIENTS_PER_TEAM = 820  # ten coordinators
COORDINATOR_NAMES = [
    "Jorge Ortiz", "Priya Nair", "Keisha Bell", "Tom Lindgren", "Mei Tanaka", "Samuel Adeyemi", "Rosa Delgado", "Colin Hart",
]  # fmt: skip


@dataclass
class Layout:
    organization: Organization
    system: User
    teams: list[Team]
    coordinators: list[User]
    home: dict[uuid.UUID, Team] = field(default_factory=dict)  # a coordinator's team
    clinicians: list[User] = field(default_factory=list)


def build_layout(patients: int, calendar: Calendar, random: Random) -> Layout:
    """Make the organization with as many teams and coordinators as `patients` people need."""
    organization = Organization.objects.create(name="Riverbend Health", time_zone=ZONE, is_training=True)
    site = Site.objects.create(
        organization=organization,
        name="Eastside Clinic",
        phone="(937) 555-0100",
        address="1 Canal St, Riverbend, OH 45399",
    )
    Site.objects.create(
        organization=organization,
        name="Northside Clinic",
        phone="(937) 555-0101",
        address="400 Mill St, Millbrook, OH 45398",
    )
    names = ["North", "South"] + [
        f"Team {n}" for n in range(3, max(2, -(-patients // PATIENTS_PER_TEAM)) + 1)
    ]
    teams = Team.objects.bulk_create(
        [Team(organization=organization, site=site, name=name) for name in names]
    )
    system = User.objects.create(
        organization=organization, email=f"system@{DOMAIN}", name="Throughline", password="!", is_system=True
    )
    password = make_password(DEMO_PASSWORD)
    by_role = {
        sign_in.role: _person(
            organization, sign_in.name, sign_in.email, sign_in.role, password, sign_in.credential
        )
        for sign_in in SIGN_INS
    }
    needed = max(3, round(patients / CASELOAD)) - 1
    others = [
        _person(
            organization,
            _coordinator_name(n, random),
            f"coordinator{n + 2}@{DOMAIN}",
            "coordinator",
            password,
            "RN" if n % 3 else "MSW",
        )
        for n in range(needed)
    ]
    people = User.objects.bulk_create([*by_role.values(), *others])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people]
    )
    coordinators = [by_role["coordinator"], *others]
    layout = Layout(organization, system, teams, coordinators, clinicians=[by_role["clinician"]])
    for index, coordinator in enumerate(coordinators):
        layout.home[coordinator.pk] = teams[index % len(teams)]
    _place(layout, by_role, calendar)
    return layout


def _person(
    organization: Organization, name: str, email: str, role: str, password: str, credential: str
) -> User:
    return User(
        id=new_id(),
        organization=organization,
        name=name,
        email=email,
        roles=[role],
        password=password,
        credential=credential,
    )


def _coordinator_name(n: int, random: Random) -> str:
    return (
        COORDINATOR_NAMES[n]
        if n < len(COORDINATOR_NAMES)
        else f"{random.choice(COORDINATOR_NAMES).split()[0]} Nr {n}"
    )


def _place(layout: Layout, by_role: dict[str, User], calendar: Calendar) -> None:
    """Coordinators work in one team; those who look after a team, or only look, see all of its patients."""
    began = calendar.day(-700)
    members = [TeamMembership(team=team, user_id=pk, starts_on=began) for pk, team in layout.home.items()]
    home = layout.home[by_role["coordinator"].pk]
    members += [
        TeamMembership(team=home, user=by_role[role], starts_on=began) for role in ("supervisor", "clinician")
    ]
    TeamMembership.objects.bulk_create(members)
    for role in ("supervisor", "clinician", "front_desk", "read_only"):
        assign_perm(SEE_PATIENTS, by_role[role], home)
    for team in layout.teams:
        assign_perm(SEE_PATIENTS, by_role["program_manager"], team)
