"""Setting up and giving up a second step: the library's pages, with the trace our audit asks for."""

import json
from typing import Any

from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from coordination.accounts import actions
from coordination.accounts.access import passed_second_step

COME_BACK = "after_second_step"


class Index(IndexView):  # type: ignore[misc]
    """Where one starts: what is set up, or, before anything else, the choice of a second step."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = self.request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(page, allowed_hosts=None):
            self.request.session[COME_BACK] = page
        found: dict[str, Any] = super().get_context_data(**kwargs)
        return found | {"is_owed": not found["is_mfa_enabled"], "can_go_on": passed_second_step(self.request)}


class WithOptions:
    """Hands the browser what it needs to know about passkeys in an attribute: the page holds no inline script."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return found | {"options": json.dumps(found.get("js_data", {}), cls=DjangoJSONEncoder)}


class Authenticate(WithOptions, AuthenticateView):  # type: ignore[misc]
    """The second step of sign-in."""


class PasskeyAgain(WithOptions, ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Proving oneself once more with a passkey."""


class Adds:
    """Whoever set up a second step has proven it with that."""

    kind = ""
    request: Any

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        self.request.session["second_step"] = True
        actions.record_second_step(by=self.request.user, event="second_step.added", kind=self.kind)
        return response


class Removes:
    kind = ""
    request: Any

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        actions.record_second_step(by=self.request.user, event="second_step.removed", kind=self.kind)
        return response


class ActivateApp(Adds, ActivateTOTPView):  # type: ignore[misc]
    kind = "totp"


class AddPasskey(Adds, WithOptions, AddWebAuthnView):  # type: ignore[misc]
    kind = "passkey"


class DeactivateApp(Removes, DeactivateTOTPView):  # type: ignore[misc]
    kind = "totp"


class RemovePasskey(Removes, RemoveWebAuthnView):  # type: ignore[misc]
    kind = "passkey"


class MakeRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        actions.record_second_step(by=self.request.user, event="recovery_codes.made", kind="recovery_codes")
        return response


class ShowRecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """Shown once, when they are made; from here one goes on to where one wanted to go."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        return found | {"continue_url": self.request.session.pop(COME_BACK, "/")}
