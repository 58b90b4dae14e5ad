"""What a session just did that has no history of its own, and can be taken back: for as long as any act can be undone."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

KEPT_MOST = 5


class JustDone:
    """Acts on the rows of one kind. `kept` is what their action needs to take one back, the row's "id" among it."""

    def __init__(self, request: HttpRequest, kind: str) -> None:
        self._session, self._name = request.session, f"just_done_{kind}"

    def add(self, kept: dict[str, Any] | None, said: str) -> None:
        """Only the last act on a row can be taken back. None: nothing was changed."""
        if kept is None:
            return
        self.drop(kept["id"])
        until = time.time() + settings.UNDO_MINUTES * 60
        self._session[self._name] = [*self.all(), kept | {"said": said, "until": until}][-KEPT_MOST:]

    def all(self) -> list[dict[str, Any]]:
        """The newest last."""
        return [each for each in self._session.get(self._name, []) if each["until"] > time.time()]

    def find(self, pk: Any) -> dict[str, Any] | None:
        return next((each for each in self.all() if each["id"] == str(pk)), None)

    def drop(self, pk: Any) -> None:
        """It was taken back."""
        self._session[self._name] = [each for each in self.all() if each["id"] != str(pk)]

    def toasts(self, route: str) -> list[dict[str, str]]:
        """What was done, in words, each with its Undo."""
        return [{"text": each["said"], "undo_url": reverse(route, args=[each["id"]])} for each in self.all()]
