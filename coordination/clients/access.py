"""The doors to apps: one's own, those of the organization, and whom a token stands for."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.idp.oidc.models import Token
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from coordination.accounts.models import User
from coordination.clients.models import App, Use
from coordination.clients.scopes import SCOPES, narrowed
from coordination.lib.permissions import Permission, require


@dataclass(frozen=True)
class Bearer:
    """Whoever holds a token: the person it acts for, with the rights its scopes leave them, and the app that sent it."""

    user: User
    app: App
    scopes: frozenset[str]


@dataclass(frozen=True)
class OwnApp:
    """An app a person let in, as their settings show it."""

    app: App
    labels: list[Any]
    since: dt.datetime
    last_used: dt.datetime | None


def find_bearer(value: str) -> Bearer | None:
    """Return who sends this access token, in one statement. None: expired, revoked, disabled or never given."""
    tokens = Token.objects.valid().by_value(value).filter(type=Token.Type.ACCESS_TOKEN)
    found = tokens.select_related("user__organization", "client__app").first()
    if found is None or found.user is None or not found.user.is_active:
        return None
    app: App | None = getattr(found.client, "app", None)
    if app is None or app.disabled_at is not None or app.organization_id != found.user.organization_id:
        return None
    user: User = found.user
    scopes = frozenset(found.get_scopes())
    user.__dict__["permissions"] = narrowed(user.permissions, scopes)
    return Bearer(user, app, scopes)


def find_app(client_id: str) -> App | None:
    """Return the enabled app of a client, for the page on which a person agrees to it."""
    found: App | None = (
        App.objects.select_related("client").filter(client_id=client_id, disabled_at=None).first()
    )
    return found


def get_app(user: User, pk: Any) -> App:
    """404 for an app of another organization, 403 for who may not manage them."""
    found: App = get_object_or_404(App.objects.filter(organization_id=user.organization_id), pk=pk)
    require(user, Permission.INTEGRATION_MANAGE)
    return found


def list_apps(user: User) -> QuerySet[App]:
    """Every app of the organization, the disabled ones last."""
    require(user, Permission.INTEGRATION_MANAGE)
    apps = App.objects.filter(organization_id=user.organization_id).select_related("client", "created_by")
    return apps.order_by("disabled_at", "name", "id")


def own_apps(user: User) -> list[OwnApp]:
    """The apps that hold a token of this person, by name."""
    tokens = Token.objects.valid().filter(user_id=user.pk, client__app__isnull=False)
    used = dict(Use.objects.filter(user_id=user.pk).values_list("app_id", "minute"))
    found: dict[Any, OwnApp] = {}
    for token in tokens.select_related("client__app").order_by("created_at"):
        app = token.client.app
        labels = [SCOPES[name].label for name in token.get_scopes() if name in SCOPES]
        since = found[app.pk].since if app.pk in found else token.created_at
        found[app.pk] = OwnApp(app, labels, since, used.get(app.pk))
    return sorted(found.values(), key=lambda own: own.app.name)


def get_own_app(user: User, pk: Any) -> App:
    """404 unless the app holds a token of this person: whoever let it act for them may take that back."""
    holding = Token.objects.filter(user_id=user.pk, client_id=OuterRef("client_id"))
    found: App = get_object_or_404(App.objects.filter(Exists(holding)), pk=pk)
    return found


def this_minute() -> dt.datetime:
    return timezone.now().replace(second=0, microsecond=0)
