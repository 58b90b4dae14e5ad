"""A list somebody named: which page, and what its address asks for."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Editable
from coordination.lib.privacy import Privacy
from coordination.worklist.querysets import SavedViewQuerySet


@known_values
class SavedView(Editable):
    """One's own, or a team's: then everyone who works in the team sees it. It holds choices of a list, never what was typed
    in a search, so a name of a patient cannot stand in it."""

    class Page(models.TextChoices):
        DAY = "day", _("My day")
        PATIENTS = "patients", _("Patients")

    name = models.CharField(max_length=60)
    page = models.CharField(max_length=8, choices=Page.choices)
    query = models.CharField(max_length=500, blank=True)  # the query string, in one order
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views", null=True, blank=True
    )
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, related_name="saved_views", null=True, blank=True
    )
    is_pinned = models.BooleanField(default=True)  # shown in the side navigation

    objects = SavedViewQuerySet.as_manager()
    privacy = Privacy(safe=["name", "page", "query", "is_pinned"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="saved_view_of_someone",
                condition=models.Q(owner__isnull=False, team__isnull=True)
                | models.Q(owner__isnull=True, team__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="saved_view_named_once",
                condition=models.Q(owner__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["team", "page", "name"],
                name="saved_team_view_named_once",
                condition=models.Q(team__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
