"""Sign-in by e-mail; the organization comes with the person, since every request asks for its day."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from coordination.accounts.models import User


class ByEmail(AuthenticationBackend):  # type: ignore[misc]
    def get_user(self, user_id: Any) -> User | None:
        return (
            User.objects.select_related("organization")
            .filter(pk=user_id, is_active=True, is_system=False)
            .first()
        )
