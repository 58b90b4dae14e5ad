"""Sign-in by e-mail; the organization comes with the person, since every request asks for its day."""

from contextvars import ContextVar
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from coordination.accounts.models import User

# the person the session of this request was read with: set around that one question, never kept
read_along: ContextVar[User | None] = ContextVar("read_along", default=None)


class ByEmail(AuthenticationBackend):  # type: ignore[misc]
    def get_user(self, user_id: Any) -> User | None:
        found = read_along.get()
        if found is not None and str(found.pk) == str(user_id):
            return found if found.is_active and not found.is_system else None
        return (
            User.objects.select_related("organization")
            .filter(pk=user_id, is_active=True, is_system=False)
            .first()
        )
