"""Programs that speak to the API: each registered by an organization, each acting for one person who agreed."""

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import models

from coordination.lib.ids import new_id
from coordination.lib.privacy import Privacy


class App(models.Model):
    """A program an organization let in. `client` is its name and secret at the token endpoint."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="apps")
    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="app")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    privacy = Privacy(safe=["name", "created_at", "disabled_at"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="app_name_once"),
            models.CheckConstraint(
                name="app_disabled_pair",
                condition=models.Q(disabled_at__isnull=True, disabled_by__isnull=True)
                | models.Q(disabled_at__isnull=False, disabled_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Use(models.Model):
    """One person's app: in which minute it called last, and how often in that minute."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="uses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    privacy = Privacy(safe=["minute", "calls"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "user"], name="use_once")]

    def __str__(self) -> str:
        return f"{self.app_id} {self.user_id}"
