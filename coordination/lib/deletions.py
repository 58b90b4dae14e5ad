"""What was just deleted and can be brought back: kept in the session that deleted it, for as long as an act can be undone."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest

KEPT_MOST = 5


class Deletions:
    """The rows of one kind. `kept` is what their action needs to bring one back, its "id" among it."""

    def __init__(self, request: HttpRequest, kind: str) -> None:
        self._session, self._name = request.session, f"deleted_{kind}"

    def add(self, kept: dict[str, Any]) -> None:
        until = time.time() + settings.UNDO_MINUTES * 60
        self._session[self._name] = [*self.all(), kept | {"until": until}][-KEPT_MOST:]

    def all(self) -> list[dict[str, Any]]:
        """The newest last."""
        return [each for each in self._session.get(self._name, []) if each["until"] > time.time()]

    def find(self, pk: Any) -> dict[str, Any] | None:
        return next((each for each in self.all() if each["id"] == str(pk)), None)

    def drop(self, pk: Any) -> None:
        """It is back."""
        self._session[self._name] = [each for each in self.all() if each["id"] != str(pk)]
