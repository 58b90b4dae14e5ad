"""The doors to people and teams."""

import datetime as dt
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from coordination.accounts.models import (
    SEE_PATIENTS,
    Cover,
    Session,
    Site,
    Team,
    TeamMembership,
    TeamUserObjectPermission,
    User,
)
from coordination.lib.permissions import Permission, require

FIRST_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


# --- the second step ----------------------------------------------------------------------------------------------
def passed_second_step(request: HttpRequest) -> bool:
    """Say whether this session has proven a second factor: at sign-in, since, or by setting one up."""
    if request.session.get("second_step"):
        return True
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def stepped_up(request: HttpRequest) -> bool:
    """Say whether the person proved themselves in the last minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT).

    Whoever has a second step proves it with that: a password alone counts only for those of a demo who have none.
    """
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    recent = {record.get("method") for record in records if record.get("at", 0) > since}
    return "mfa" in recent or (bool(recent) and not has_second_step(request.user))


def step_up_url(user: Any, *, back: str) -> str:
    """Where a person proves themselves once more; it leads `back` from there."""
    return f"{reverse(step_up_route(user))}?{urlencode({'next': back})}"


def step_up_route(user: Any) -> str:
    return "mfa_reauthenticate" if has_second_step(user) else "account_reauthenticate"


def has_second_step(user: Any) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FIRST_FACTORS).exists())


def second_steps_of(user: User) -> dict[str, Any]:
    """What a person has set up, for their own page and the administrator's."""
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at"))
    kinds = Authenticator.Type
    codes = next((row for row in rows if row.type == kinds.RECOVERY_CODES), None)
    return {
        "app": next((row for row in rows if row.type == kinds.TOTP), None),
        "passkeys": [row for row in rows if row.type == kinds.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "any": any(row.type in FIRST_FACTORS for row in rows),
    }


# --- people -------------------------------------------------------------------------------------------------------
def get_colleague(user: User, pk: Any, *, permission: Permission) -> User:
    """404 for a person of another organization, 403 if the visitor may not do this."""
    colleague: User = get_object_or_404(User.objects.visible_to(user).select_related("organization"), pk=pk)
    require(user, permission)
    return colleague


def list_colleagues(user: User) -> Any:
    return User.objects.visible_to(user).working().in_reading_order()


def find_colleagues(user: User, text: str) -> list[User]:
    """Those who have this e-mail address, or else this very name; at most two, for two are too many already."""
    people = list_colleagues(user)
    by_address = list(people.filter(email__iexact=text)[:1])
    return by_address or list(people.filter(name__iexact=text)[:2])


NEARBY = 50  # HOUSE: how many people or teams a filter offers at once; more are found by their name


@dataclass(frozen=True)
class Nearby:
    """The people and teams a filter offers, by id and name: one's own first, then others, never all of a large organization."""

    people: list[tuple[str, str]]
    teams: list[tuple[str, str]]


def teammates(user: User) -> Any:
    """The ids of those who work in the teams one works in."""
    current = TeamMembership.objects.filter(ends_on__isnull=True)
    return current.filter(team_id__in=current.filter(user=user).values("team_id")).values("user_id")


def read_nearby(
    user: User, *, named: str = "", people: Iterable[str] = (), teams: Iterable[str] = (), **also: Any
) -> tuple[Nearby, dict[str, Any]]:
    """Read what filters offer in one statement, with whatever else the page says about itself (`also`).

    Colleagues of one's own teams and of the chosen ones come first; `named` leaves those whose name holds it. What is
    chosen already (`people`, `teams`) is always among them.
    """
    chosen_people, chosen_teams = uuids(people), uuids(teams)
    current = TeamMembership.objects.filter(ends_on__isnull=True)
    mine = current.filter(user=user).values("team_id")
    near = teammates(user)
    if chosen_teams:  # either is read along its index, which "or" would keep away
        near = near.union(current.filter(team_id__in=chosen_teams).values("user_id"), all=True)
    colleagues = list_colleagues(user).exclude(pk=user.pk)
    asked = {
        **_nearest("people", colleagues, chosen_people, near, named),
        **_nearest("teams", list_teams(user), chosen_teams, mine, named),
    }
    (row,) = User.objects.filter(pk=user.pk).values(**asked, **also)
    return Nearby(_merged("people", row), _merged("teams", row)), row


def _nearest(
    kind: str, rows: Any, chosen: list[uuid.UUID], near: QuerySet[Any], named: str
) -> dict[str, Any]:
    """Three short lists, each along its own index: what is chosen, what is near, and the first by name."""
    fitting = rows.filter(name__icontains=named) if named else rows
    lists = [rows.filter(pk__in=chosen), fitting.filter(pk__in=near), fitting]
    named_rows = [
        each.order_by("name", "id").values(json=JSONObject(id=F("pk"), name=F("name"))) for each in lists
    ]
    return {f"{kind}_{n}": ArraySubquery(each[:NEARBY]) for n, each in enumerate(named_rows)}


def _merged(kind: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for n in range(3):
        found |= {each["id"]: each["name"] for each in row.pop(f"{kind}_{n}") or []}
    return sorted(list(found.items())[:NEARBY], key=lambda pair: (pair[1], pair[0]))


def uuids(texts: Iterable[str]) -> list[uuid.UUID]:
    """The ids among texts of an address; anything else names nobody."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def list_people(
    user: User, *, name: str = "", role: str = "", team: Any = None, state: str = ""
) -> QuerySet[User]:
    """Everyone of the organization with what the administrator's list shows. 403 unless one manages users."""
    require(user, Permission.USER_MANAGE)
    people = User.objects.visible_to(user)
    if name:
        people = people.filter(Q(name__icontains=name) | Q(email__icontains=name))
    if role:
        people = people.filter(roles__contains=[role])
    if team:
        people = people.filter(
            pk__in=TeamMembership.objects.filter(team=team, ends_on__isnull=True).values("user_id")
        )
    if state:
        people = people.filter(_in_state(state))
    steps = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FIRST_FACTORS)
    works = TeamMembership.objects.filter(ends_on__isnull=True).select_related("team").order_by("team__name")
    found: QuerySet[User] = people.annotate(has_second_step=Exists(steps)).prefetch_related(
        Prefetch("memberships", queryset=works, to_attr="teams_now")
    )
    return found


def _in_state(state: str) -> Q:
    invited = Q(is_active=True, last_login__isnull=True)
    return {"suspended": Q(is_active=False), "invited": invited}.get(
        state, Q(is_active=True, last_login__isnull=False)
    )


@dataclass(frozen=True)
class OpenSession:
    """One signed-in browser, as shown to its person and to the administrator."""

    key: str
    browser: str
    address: str
    started_at: Any
    last_activity: Any
    is_this_one: bool


def sessions_of(user: User, *, this: SessionBase | None = None) -> list[OpenSession]:
    found = []
    for row in Session.objects.filter(user_id=user.pk, expire_date__gt=timezone.now()):
        data = row.get_decoded()
        found.append(
            OpenSession(
                key=row.session_key,
                browser=data.get("browser", ""),
                address=data.get("address", ""),
                started_at=_moment(data.get("started_at")),
                last_activity=row.active_at,
                is_this_one=this is not None and row.session_key == this.session_key,
            )
        )
    return sorted(found, key=lambda session: (not session.is_this_one, session.browser, session.key))


def _moment(seconds: float | None) -> Any:
    return dt.datetime.fromtimestamp(seconds, tz=timezone.get_current_timezone()) if seconds else None


# --- teams --------------------------------------------------------------------------------------------------------
def get_team(user: User, pk: Any, *, permission: Permission) -> Team:
    team: Team = get_object_or_404(
        Team.objects.visible_to(user).select_related("site", "organization"), pk=pk
    )
    require(user, permission)
    return team


def list_teams(user: User) -> Any:
    return Team.objects.visible_to(user).filter(is_active=True).order_by("name", "id")


def manages_all_teams(user: User) -> bool:
    """Administrators shape every team; a supervisor or program manager only those whose patients they see."""
    return user.may(Permission.TEAM_MANAGE) and user.may(Permission.USER_MANAGE)


def get_managed_team(user: User, pk: Any) -> Team:
    """Fetch a team to change who works in it: 404 unseen, 403 for a team that is not one's own."""
    team = get_team(user, pk, permission=Permission.TEAM_MANAGE)
    if not manages_all_teams(user) and team.pk not in Team.objects.granted_to(user):
        raise PermissionDenied(str(Permission.TEAM_MANAGE.label))
    return team


def get_shaped_team(user: User, pk: Any) -> Team:
    """Fetch a team to rename or retire it: for those who manage all teams."""
    team = get_team(user, pk, permission=Permission.TEAM_MANAGE)
    require(user, Permission.USER_MANAGE)
    return team


def list_managed_teams(user: User) -> QuerySet[Team]:
    """Teams a person may look after, retired ones last, with how many people work in each."""
    require(user, Permission.TEAM_MANAGE)
    teams = Team.objects.visible_to(user)
    if not manages_all_teams(user):
        teams = teams.filter(pk__in=Team.objects.granted_to(user))
    open_now = Count("memberships", filter=Q(memberships__ends_on__isnull=True))
    found: QuerySet[Team] = (
        teams.select_related("site").annotate(people=open_now).order_by("-is_active", "name", "id")
    )
    return found


def list_sites(user: User) -> QuerySet[Site]:
    return Site.objects.filter(organization_id=user.organization_id, is_active=True).order_by("name", "id")


def members_of(team: Team) -> list[TeamMembership]:
    """Everyone who works or worked in the team, present ones first; each knows whether they see its patients."""
    rows = list(team.memberships.select_related("user").order_by("user__name", "-starts_on", "id"))
    granted = set(
        TeamUserObjectPermission.objects.filter(
            content_object=team, permission__codename=SEE_PATIENTS
        ).values_list("user_id", flat=True)
    )
    for row in rows:
        row.sees_patients = row.ends_on is None and row.user_id in granted  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: row.ends_on is not None)


def get_membership(team: Team, pk: Any) -> TeamMembership:
    return get_object_or_404(team.memberships.select_related("user", "team"), pk=pk)


def working_in(team: Team) -> Any:
    """The ids of those who work in it."""
    return TeamMembership.objects.filter(team=team, ends_on__isnull=True).values("user_id")


def people_managed(user: User) -> QuerySet[User]:
    """Those whose absence the person arranges: who works in their teams; an administrator everyone. Nobody without the right."""
    people: QuerySet[User] = list_colleagues(user)
    if manages_all_teams(user):
        return people
    if not user.may(Permission.TEAM_MANAGE):
        return people.none()
    inside = TeamMembership.objects.filter(team__in=Team.objects.granted_to(user), ends_on__isnull=True)
    return people.filter(pk__in=inside.values("user_id"))


def list_covers(user: User) -> QuerySet[Cover]:
    """Covers of the people one manages, in force or to come."""
    covers = Cover.objects.filter(organization_id=user.organization_id, absent__in=people_managed(user))
    return covers.filter(ends_on__gte=user.organization.today()).select_related("absent", "covering")


def covers_beside(user: User, people: list[Any]) -> list[Cover]:
    """All covers, in force or to come, of these absent people: to see who covers for whoever covers."""
    covers = Cover.objects.filter(organization_id=user.organization_id, absent__in=people)
    mine = covers.filter(ends_on__gte=user.organization.today()).select_related("covering")
    return list(mine.order_by("starts_on", "pk"))


def get_cover(user: User, pk: Any) -> Cover:
    """404 for a cover that is over or of somebody one does not manage."""
    cover: Cover = get_object_or_404(list_covers(user), pk=pk)
    require(user, Permission.TEAM_MANAGE)
    return cover


def teams_of(user: User) -> QuerySet[TeamMembership]:
    return user.memberships.filter(ends_on__isnull=True).select_related("team").order_by("team__name", "id")
