"""Who may be seen among the staff, and what a person is granted on teams."""

import datetime as dt
import uuid
from typing import Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models


class UserManager(BaseUserManager[Any]):
    """Finds people by e-mail, whatever its capitals. People are made by `accounts.actions.invite_user`."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email__iexact=username or "")


class UserQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Staff of one's own organization. The system user is nobody's colleague."""
        return self.filter(organization_id=user.organization_id, is_system=False)

    def working(self) -> Self:
        return self.filter(is_active=True, is_system=False)

    def in_reading_order(self) -> Self:
        return self.order_by("name", "id")


class TeamQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(organization_id=user.organization_id)

    def granted_to(self, user: Any) -> list[uuid.UUID]:
        """Ids of the teams whose patients `user` may see: granted in person or through a group. One query."""
        in_person = self.model.objects.filter(
            teamuserobjectpermission__user=user, teamuserobjectpermission__permission__codename="see_patients"
        )
        by_group = self.model.objects.filter(
            teamgroupobjectpermission__group__user=user,
            teamgroupobjectpermission__permission__codename="see_patients",
        )
        return list(in_person.values_list("pk", flat=True).union(by_group.values_list("pk", flat=True)))


class CoverQuerySet(models.QuerySet[Any]):
    def in_force(self, today: dt.date) -> Self:
        return self.filter(starts_on__lte=today, ends_on__gte=today)
