"""Server-side sessions in PostgreSQL, each with the person it belongs to."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import OperationalError
from django.utils import timezone

from coordination.accounts.models import Session, User


class SessionStore(DatabaseSessionStore):
    """Reads the person along with the session: both are wanted by every request."""

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY) or None
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
        return data
