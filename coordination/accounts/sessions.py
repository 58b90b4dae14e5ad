"""Server-side sessions in PostgreSQL, each with the person it belongs to."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import OperationalError, connection
from django.utils import timezone

from coordination.accounts.models import Session, User

# whoever holds the row is writing the same down: nobody waits for that
KEEP = """
    update accounts_session set active_at = %(active_at)s where session_key in (
        select session_key from accounts_session where session_key = %(session_key)s for no key update skip locked)
"""


@dataclass(frozen=True)
class Keep:
    """That the person of this session did something: written by the statement that lets their request in."""

    session_key: str
    active_at: dt.datetime

    def write(self) -> None:
        """Write it down by a statement of its own."""
        with connection.cursor() as cursor:
            cursor.execute(KEEP, self.values)

    @property
    def values(self) -> dict[str, Any]:
        return {"session_key": self.session_key, "active_at": self.active_at}


class SessionStore(DatabaseSessionStore):
    """Reads the person along with the session: both are wanted by every request."""

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY) or None
        row.active_at = _moment(data["last_activity"]) if "last_activity" in data else None
        return row

    def save(self, must_create: bool = False) -> None:
        """A database that is away is said as what it is: for Django this session had ended meanwhile, a mistake of the browser."""
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise

    def load(self) -> dict[str, Any]:
        alive = Session.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now())
        row = alive.select_related("user__organization").first()
        if row is None:
            self._session_key = None
            return {}
        self.person = row.user
        data: dict[str, Any] = self.decode(row.session_data)
        if row.active_at is not None:
            data["last_activity"] = row.active_at.timestamp()
        return data

    def keep(self, now: float) -> Keep:
        """Note that the person did something now, and say what is to be written down of it."""
        self._session["last_activity"] = now  # type: ignore[attr-defined]  # no reason to write the rest of it
        return Keep(self.session_key or "", _moment(now))


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
