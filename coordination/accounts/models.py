"""Organizations, sites, teams and the people who work in them."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from coordination.accounts.permissions import Permission
from coordination.accounts.querysets import CoverQuerySet, TeamQuerySet, UserManager, UserQuerySet
from coordination.accounts.roles import ROLES, permissions_of
from coordination.lib import display
from coordination.lib.choices import known_values
from coordination.lib.ids import new_id
from coordination.lib.privacy import Privacy

SEE_PATIENTS = "see_patients"  # the guardian grant on a team: its patients and its queue


class Organization(models.Model):
    """Who the system works for. Its time zone decides what "today" and "two business days" mean."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="America/New_York")
    is_training = models.BooleanField(default=False)
    # HOUSE: how long the care team keeps sight of a patient after care ended
    sight_grace_days = models.PositiveSmallIntegerField(default=30)

    privacy = Privacy(safe=["name", "time_zone", "is_training", "sight_grace_days"])

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def today(self) -> dt.date:
        return timezone.now().astimezone(self.zone).date()


class ClosedDay(models.Model):
    """A day the organization is closed besides the federal holidays."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="closed_days")
    day = models.DateField()
    name = models.CharField(max_length=100)

    privacy = Privacy(safe=["day", "name"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="closed_day_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"


class Site(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)

    privacy = Privacy(safe=["name", "phone", "address", "is_active"])

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="site_name_once")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="teams")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="teams", null=True, blank=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TeamQuerySet.as_manager()
    privacy = Privacy(safe=["name", "is_active"])

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="team_name_once")]
        # lists of patients sorted by team walk the teams in this order
        indexes = [models.Index(fields=["name", "id"], name="team_by_name")]
        permissions = [(SEE_PATIENTS, "See the patients and work the queue of this team")]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class TeamUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Team, on_delete=models.CASCADE)

    privacy = Privacy()


class TeamGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Team, on_delete=models.CASCADE)

    privacy = Privacy()


@known_values
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, or the organization's own system user (`is_system`) in whose name jobs act."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COZY = "cozy", _("Cozy")
        COMPACT = "compact", _("Compact")

    class Clock(models.TextChoices):
        H24 = "24", _("24 hours, 17:30")
        H12 = "12", _("12 hours, 5:30 pm")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="users")
    email = models.EmailField()
    name = models.CharField(max_length=200)
    credential = models.CharField(max_length=40, blank=True)  # RN, MSW, CHW: who may do what by billing rules
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    languages = ArrayField(models.CharField(max_length=20), default=list, blank=True)  # BCP-47
    capacity = models.PositiveSmallIntegerField(default=90)  # HOUSE: patients one person carries
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    left_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)  # of what others may change: name, roles, standing
    # how they like to see it
    time_zone = models.CharField(max_length=60, blank=True)  # empty: the organization's
    clock = models.CharField(max_length=2, choices=Clock.choices, default=Clock.H24)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density.choices, default=Density.COZY)
    type_size = models.PositiveSmallIntegerField(default=14)
    single_keys = models.BooleanField(default=True)
    keys = models.JSONField(
        default=dict, blank=True
    )  # the keys they chose: {command: key} (accounts/keys.py)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager.from_queryset(UserQuerySet)()
    privacy = Privacy(
        safe=[
            "password", "last_login", "is_superuser", "email", "name", "credential", "roles", "phone", "languages", "capacity",
            "is_active", "is_system", "joined_at", "left_on", "time_zone", "clock", "theme", "density", "type_size", "single_keys",
            "keys",
        ]
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            # nobody stands above the rules
            models.CheckConstraint(name="user_never_superuser", condition=models.Q(is_superuser=False)),
            models.CheckConstraint(
                name="user_known_roles", condition=models.Q(roles__contained_by=list(ROLES))
            ),
            models.CheckConstraint(name="user_type_size", condition=models.Q(type_size__in=[14, 15, 16, 18])),
            models.UniqueConstraint(
                fields=["organization"], name="system_user_once", condition=models.Q(is_system=True)
            ),
        ]
        # lists of patients sorted by coordinator walk the people in this order
        indexes = [models.Index(fields=["name", "id"], name="user_by_name")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or self.organization.time_zone)

    @property
    def initials(self) -> str:
        return display.initials(self.name)

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name else self.email

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        """Say whether any of the person's roles allows this. Whether it reaches one patient is `visible_to`'s question."""
        return self.is_active and permission in self.permissions

    def role_labels(self) -> list[Any]:
        return [ROLES[name].label for name in self.roles if name in ROLES]


class TeamMembership(models.Model):
    """Who works in a team, from when to when. Sight of the team's patients is a grant of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    privacy = Privacy(safe=["starts_on", "ends_on"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_dates_in_order",
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
            ),
            models.UniqueConstraint(
                fields=["team", "user"], name="membership_open_once", condition=models.Q(ends_on__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Cover(models.Model):
    """One person looks after another's caseload for some days: sight and work of the absent person's patients."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="covers")
    absent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covered_by")
    covering = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers_for")
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = CoverQuerySet.as_manager()
    privacy = Privacy(safe=["starts_on", "ends_on"])
    last_change: dict[str, Any] | None = (
        None  # the act just done to it, not a column: its Undo is offered with the answer
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cover_dates_in_order", condition=models.Q(ends_on__gte=models.F("starts_on"))
            ),
            models.CheckConstraint(name="cover_two_people", condition=~models.Q(absent=models.F("covering"))),
        ]
        indexes = [models.Index(fields=["covering", "starts_on", "ends_on"], name="cover_in_force")]

    def __str__(self) -> str:
        return f"{self.covering} for {self.absent}"


class Session(AbstractBaseSession):
    """A signed-in browser. It names its person, so that one person's sessions can be shown to them and ended."""

    # no constraint: a session outlives nobody, and letting a request in reads both rows in one statement
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, related_name="+", null=True, db_constraint=False
    )

    # the last thing the person did, to the minute; written by the statement that lets their next request in
    active_at = models.DateTimeField(null=True)

    privacy = Privacy(identifying=["session_data"], safe=["expire_date", "active_at"])

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")
