"""Programs that act for the cast. A token is made the short way here; test_tokens.py walks the long one."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from django.test import Client
from django.utils import timezone

from coordination.accounts.models import User
from coordination.clients.actions import register_app
from coordination.clients.models import App
from coordination.clients.scopes import SCOPES

RETURN = "https://app.example/back"


class Api:
    """One app with the token of one person."""

    def __init__(self, app: App, user: User, scopes: tuple[str, ...]) -> None:
        self.app, self.client, self.value = app, Client(), f"token-{uuid.uuid4()}"
        token = Token(type=Token.Type.ACCESS_TOKEN, client=app.client, user=user)
        token.set_value(self.value)
        token.set_scopes(list(scopes))
        token.expires_at = timezone.now() + dt.timedelta(minutes=15)
        token.save()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`If_Match="3"` becomes If-Match. A POST gets a key of its own unless it brings one; None leaves it out."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "post":
            given.setdefault("Idempotency-Key", str(uuid.uuid4()))
        sent = {name: value for name, value in given.items() if value is not None}
        content = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        sent.setdefault("Authorization", f"Bearer {self.value}")
        return getattr(self.client, method)(f"/api/v1/{path}", headers=sent, **content)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: Any) -> Any:
        return self.send("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)


Speak = Callable[..., Api]


@pytest.fixture
def api(cast: Any) -> Speak:
    """api(cast.ana) may everything ana may; api(cast.ana, "tasks:read") less."""
    apps: dict[Any, App] = {}

    def speak(user: User, *scopes: str) -> Api:
        if user.organization_id not in apps:
            by = cast.adam if user.organization_id == cast.riverbend.pk else cast.olga
            apps[user.organization_id], _secret = register_app(
                name="Connector", redirect_uris=[RETURN], scopes=SCOPES, is_public=False, by=by
            )
        return Api(apps[user.organization_id], user, scopes or tuple(SCOPES))

    return speak
