"""Inviting people, giving them roles, suspending them."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from coordination.accounts.actions.sign_in import end_sessions_of
from coordination.accounts.models import Organization, User
from coordination.accounts.roles import ROLES, permissions_of
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.outbox.actions import post

SECURITY = Event.Kind.SECURITY
PREFERENCES = ("theme", "density", "type_size", "clock", "time_zone", "single_keys", "keys")


@transaction.atomic
def invite_user(
    *,
    organization: Organization,
    email: str,
    name: str,
    roles: Iterable[str],
    by: User,
    credential: str = "",
    phone: str = "",
) -> User:
    """Add a person and have a link to choose a password mailed to them. Raises Refused if the e-mail is taken."""
    user = User(
        organization=organization,
        email=email.strip().lower(),
        name=name.strip(),
        roles=known(roles),
        credential=credential,
        phone=phone,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("Someone already signs in with this e-mail address."), field="email") from None
    record("user.invited", kind=SECURITY, by=by, target=user, detail={"roles": user.roles})
    post("user.invited", user_id=str(user.pk))
    return user


@transaction.atomic
def send_invitation_again(*, user: User, by: User) -> None:
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.last_login is not None:
        raise Refused(
            _("This person has already signed in. They can ask for a new password on the sign-in page.")
        )
    if not user.is_active:
        raise Refused(_("This account is suspended. Reinstate it first."))
    record("user.invited_again", kind=SECURITY, by=by, target=user)
    post("user.invited", user_id=str(user.pk))


@transaction.atomic
def change_person(
    *, user: User, name: str, credential: str, phone: str, capacity: int, by: User, version: int | None = None
) -> User:
    """Correct who a colleague is, how to reach them, and how many patients they can carry. The e-mail address stays: it is how they sign in."""
    user = lock(user, version)
    values = {"name": name, "credential": credential, "phone": phone, "capacity": capacity}
    if changed := change(user, values):
        record("user.changed", by=by, target=user, changed=changed)
    return user


@transaction.atomic
def change_roles(*, user: User, roles: Iterable[str], by: User, version: int | None = None) -> User:
    """Set what a person may do. Nobody adds to their own roles, and the last administrator stays one."""
    lock_organization(user)
    user = lock(user, version)
    wanted = known(roles)
    if user.pk == by.pk and permissions_of(wanted) - permissions_of(user.roles):
        raise Refused(_("You cannot give yourself more rights. Another administrator can."))
    if "admin" in user.roles and "admin" not in wanted:
        refuse_if_last_administrator(user)
    before = list(user.roles)
    if change(user, {"roles": wanted}):
        detail = {"added": sorted(set(wanted) - set(before)), "removed": sorted(set(before) - set(wanted))}
        record("user.roles_changed", kind=SECURITY, by=by, target=user, changed=["roles"], detail=detail)
        post("security.changed", user_id=str(user.pk), what="user.roles_changed")
    return user


@transaction.atomic
def suspend_user(*, user: User, by: User, reason: str = "") -> User:
    """Shut a person out at once: their sessions end with this. What they did stays theirs."""
    lock_organization(user)
    user = lock(user)
    if user.pk == by.pk:
        raise Refused(_("You cannot suspend yourself."))
    if not user.is_active:
        raise Refused(_("This account is already suspended."))
    if "admin" in user.roles:
        refuse_if_last_administrator(user)
    change(user, {"is_active": False})
    ended = end_sessions_of(user=user)
    record(
        "user.suspended",
        kind=SECURITY,
        by=by,
        target=user,
        changed=["is_active"],
        reason=reason,
        detail={"sessions": ended},
    )
    return user


@transaction.atomic
def reinstate_user(*, user: User, by: User) -> User:
    user = lock(user)
    if user.is_active:
        raise Refused(_("This account is not suspended."))
    change(user, {"is_active": True, "left_on": None})
    record("user.reinstated", kind=SECURITY, by=by, target=user, changed=["is_active"])
    return user


@transaction.atomic
def save_preferences(*, by: User, **values: Any) -> User:
    """Save how a person likes to see it. Their own settings only, so the last save wins."""
    user: User = User.objects.select_for_update().get(pk=by.pk)
    changed = [name for name in PREFERENCES if name in values and getattr(user, name) != values[name]]
    for name in changed:
        setattr(user, name, values[name])
    if changed:
        user.save(update_fields=changed)
        record("user.preferences_saved", by=by, target=user, changed=changed)
    return user


@transaction.atomic
def ensure_system_user(organization: Organization) -> User:
    """Return the one in whose name jobs of this organization act. They cannot sign in."""
    found: User | None = User.objects.filter(organization=organization, is_system=True).first()
    if found is not None:
        return found
    Organization.objects.select_for_update().get(pk=organization.pk)
    user: User
    user, is_new = User.objects.get_or_create(
        organization=organization,
        is_system=True,
        defaults={
            "email": f"system-{organization.pk.hex}@system.invalid",
            "name": _("Throughline"),
            "password": "!",
        },
    )
    if is_new:
        record("user.system_created", by=user, target=user)
    return user


def known(roles: Iterable[str]) -> list[str]:
    """Return the roles in the order of the table, each once."""
    wanted = set(roles)
    if not wanted:
        raise Refused(_("Choose at least one role."), field="roles")
    if unknown := wanted - set(ROLES):
        raise ValueError(f"unknown roles: {sorted(unknown)}")
    return [name for name in ROLES if name in wanted]


def lock(user: User, version: int | None = None) -> User:
    user = User.objects.select_for_update(of=("self",)).select_related("organization").get(pk=user.pk)
    if version is not None and version != user.version:
        sentence = _("Someone changed this person while you were editing. Compare and save again.")
        current = {name: getattr(user, name) for name in ("name", "credential", "phone", "capacity", "roles")}
        raise Stale(sentence, current=current, version=user.version)
    return user


def lock_organization(user: User) -> None:
    """One change of administrators at a time: two who demote each other at once must not both succeed."""
    Organization.objects.select_for_update().get(pk=user.organization_id)


def refuse_if_last_administrator(user: User) -> None:
    others = (
        User.objects.working()
        .filter(organization_id=user.organization_id, roles__contains=["admin"])
        .exclude(pk=user.pk)
    )
    if not others.exists():
        raise Refused(_("This is the last administrator. Make someone else an administrator first."))


def change(user: User, values: dict[str, Any]) -> list[str]:
    """Save what differs and move the version on."""
    changed = [name for name, value in values.items() if getattr(user, name) != value]
    if changed:
        for name in changed:
            setattr(user, name, values[name])
        user.version += 1
        user.save(update_fields=[*changed, "version"])
    return changed
