"""What the library of the token server is told about this house."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter

from coordination.clients.scopes import SCOPES


class TokenAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    scope_display = {name: scope.label for name, scope in SCOPES.items()}
