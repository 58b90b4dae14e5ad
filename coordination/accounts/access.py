"""The doors to people and teams."""

from typing import Any

from django.shortcuts import get_object_or_404

from coordination.accounts.models import Team, User
from coordination.lib.permissions import Permission, require

__all__ = ["get_colleague", "get_team", "list_colleagues", "list_teams", "require"]


def get_colleague(user: User, pk: Any, *, permission: Permission) -> User:
    """404 for a person of another organization, 403 if the visitor may not do this."""
    colleague = get_object_or_404(User.objects.visible_to(user), pk=pk)
    require(user, permission)
    return colleague


def get_team(user: User, pk: Any, *, permission: Permission) -> Team:
    team = get_object_or_404(Team.objects.visible_to(user), pk=pk)
    require(user, permission)
    return team


def list_colleagues(user: User) -> Any:
    return User.objects.visible_to(user).working().in_reading_order()


def list_teams(user: User) -> Any:
    return Team.objects.visible_to(user).filter(is_active=True).order_by("name", "id")
