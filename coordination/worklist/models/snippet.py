"""Words somebody writes often, under a short name."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.editable import Editable
from coordination.lib.privacy import Privacy
from coordination.worklist.querysets import SnippetQuerySet

SHORT_NAME = RegexValidator(
    r"^[^\W_][\w-]*$", _("Letters, digits and hyphens only, no spaces: it is typed after a colon.")
)


class Snippet(Editable):
    """One's own, or a team's: then everyone who works in the team may write it. Typed as :name in any longer text.

    A blank to fill in stands in the text as three underscores. What is written about one patient does not belong here.
    """

    name = models.CharField(max_length=20, validators=[SHORT_NAME])  # lower case
    text = models.TextField(max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="snippets", null=True, blank=True
    )
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, related_name="snippets", null=True, blank=True
    )

    objects = SnippetQuerySet.as_manager()
    privacy = Privacy(safe=["name"], clinical=["text"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="snippet_of_someone",
                condition=models.Q(owner__isnull=False, team__isnull=True)
                | models.Q(owner__isnull=True, team__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="snippet_named_once",
                condition=models.Q(owner__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["team", "name"],
                name="team_snippet_named_once",
                condition=models.Q(team__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
