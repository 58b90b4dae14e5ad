"""Teams, sites, who works in them and whose patients they see."""

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from coordination.accounts.models import SEE_PATIENTS, Organization, Site, Team, TeamMembership, User
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale

SECURITY = Event.Kind.SECURITY


@transaction.atomic
def create_site(
    *, organization: Organization, name: str, by: User, phone: str = "", address: str = ""
) -> Site:
    try:
        with transaction.atomic():
            site = Site.objects.create(
                organization=organization, name=name.strip(), phone=phone, address=address
            )
    except IntegrityError:
        raise Refused(_("There is already a site with this name."), field="name") from None
    record("site.created", by=by, target=site)
    return site


@transaction.atomic
def create_team(*, organization: Organization, name: str, by: User, site: Site | None = None) -> Team:
    try:
        with transaction.atomic():
            team = Team.objects.create(organization=organization, name=name.strip(), site=site)
    except IntegrityError:
        raise Refused(_("There is already a team with this name."), field="name") from None
    record("team.created", by=by, target=team)
    return team


@transaction.atomic
def rename_team(
    *, team: Team, name: str, by: User, site: Site | None = None, version: int | None = None
) -> Team:
    """Change the name and the site of a team."""
    team = lock(team, version)
    values = {"name": name.strip(), "site_id": site.pk if site else None}
    try:
        with transaction.atomic():
            changed = change(team, values)
    except IntegrityError:
        raise Refused(_("There is already a team with this name."), field="name") from None
    if changed:
        record("team.renamed", by=by, target=team, changed=changed)
    return team


@transaction.atomic
def retire_team(*, team: Team, by: User) -> Team:
    """Close a team nobody works in any more. Its history stays."""
    team = lock(team)
    if not team.is_active:
        raise Refused(_("This team is already retired."))
    if team.memberships.filter(ends_on__isnull=True).exists():
        raise Refused(_("People still work in this team. End their membership first."))
    change(team, {"is_active": False})
    record("team.retired", by=by, target=team, changed=["is_active"])
    return team


@transaction.atomic
def reinstate_team(*, team: Team, by: User) -> Team:
    team = lock(team)
    if team.is_active:
        raise Refused(_("This team is not retired."))
    change(team, {"is_active": True})
    record("team.reinstated", by=by, target=team, changed=["is_active"])
    return team


@transaction.atomic
def add_team_member(
    *, team: Team, user: User, by: User, starts_on: dt.date | None = None, sees_patients: bool = True
) -> TeamMembership:
    """Let a person work in a team and, unless told otherwise, see its patients. Nobody gives themselves sight."""
    team = lock(team)
    today = team.organization.today()
    if not team.is_active:
        raise Refused(_("This team is retired."))
    if user.organization_id != team.organization_id or not user.is_active or user.is_system:
        raise Refused(
            _("This person cannot join: their account is suspended or of another organization."), field="user"
        )
    if (starts_on or today) > today:
        raise Refused(_("A membership starts today or earlier."), field="starts_on")
    if sees_patients:
        refuse_own_sight(user, by)
    try:
        with transaction.atomic():
            membership = TeamMembership.objects.create(team=team, user=user, starts_on=starts_on or today)
    except IntegrityError:
        raise Refused(_("This person already works in this team."), field="user") from None
    if sees_patients:
        assign_perm(SEE_PATIENTS, user, team)
    detail = {"user_id": str(user.pk), "sees_patients": sees_patients}
    record("team.member_added", kind=SECURITY, by=by, target=team, detail=detail)
    return membership


@transaction.atomic
def end_membership(*, membership: TeamMembership, by: User) -> TeamMembership:
    """End a person's work in a team today, and their sight of its patients with it."""
    team = lock(membership.team)
    membership = (
        TeamMembership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
    )
    if membership.ends_on is not None:
        raise Refused(_("This membership has already ended."))
    membership.ends_on = max(team.organization.today(), membership.starts_on)
    membership.save(update_fields=["ends_on"])
    remove_perm(SEE_PATIENTS, membership.user, team)
    record("team.member_left", kind=SECURITY, by=by, target=team, detail={"user_id": str(membership.user_id)})
    return membership


@transaction.atomic
def give_sight(*, team: Team, user: User, by: User) -> None:
    """Let a member see the team's patients and work its queue."""
    team = lock(team)
    refuse_own_sight(user, by)
    if not team.memberships.filter(user=user, ends_on__isnull=True).exists():
        raise Refused(_("Only people who work in this team can be given sight of its patients."))
    assign_perm(SEE_PATIENTS, user, team)
    record("team.sight_given", kind=SECURITY, by=by, target=team, detail={"user_id": str(user.pk)})


@transaction.atomic
def take_sight(*, team: Team, user: User, by: User) -> None:
    team = lock(team)
    remove_perm(SEE_PATIENTS, user, team)
    record("team.sight_taken", kind=SECURITY, by=by, target=team, detail={"user_id": str(user.pk)})


def refuse_own_sight(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise Refused(
            _("You cannot give yourself sight of patients. Someone else who manages this team can.")
        )


def lock(team: Team, version: int | None = None) -> Team:
    team = Team.objects.select_for_update(of=("self",)).select_related("organization").get(pk=team.pk)
    if version is not None and version != team.version:
        sentence = _("Someone changed this team while you were editing. Compare and save again.")
        raise Stale(sentence, current={"name": team.name}, version=team.version)
    return team


def change(team: Team, values: Mapping[str, object]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(team, name) != value]
    if changed:
        for name in changed:
            setattr(team, name, values[name])
        team.version += 1
        team.save(update_fields=[*changed, "version"])
    return changed
