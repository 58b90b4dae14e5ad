"""How the sign-in library works here: closed doors, no user enumeration, everything written down."""

import time
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathFillImage

from coordination.accounts import actions
from coordination.accounts.access import passed_second_step
from coordination.accounts.models import User
from coordination.lib.sealed import seal, unseal

SECOND_STEP = "second-step"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not correct."),
        "too_many_login_attempts": gettext_lazy(
            "Too many failed attempts. Wait 15 minutes, or choose a new password."
        ),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "rate_limited": gettext_lazy("Too many failed attempts. Wait 15 minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # people are invited

    def is_safe_url(self, url: str | None) -> bool:
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        now = time.time()
        request.session.update(
            {
                "started_at": now,
                "last_activity": now,
                "browser": browser_name(request.headers.get("User-Agent", "")),
                "address": self.get_client_ip(request),
            }
        )
        request.session["second_step"] = passed_second_step(request)
        actions.record_session_started(by=user)

    def logout(self, request: HttpRequest) -> None:
        actions.record_session_ended(by=request.user)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        actions.record_session_refused(email=credentials.get("email", ""))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        actions.record_session_refused(user=user, step="suspended")
        answer: HttpResponse = super().respond_user_inactive(request, user)
        return answer

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever signed in or proved themselves in the last minutes is not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        return not any(
            time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records
        )

    def set_password(self, user: User, password: str) -> None:
        request: HttpRequest = context.request
        mine = request.user.is_authenticated and request.user.pk == user.pk
        actions.set_password(user=user, password=password, keep=request.session.session_key if mine else None)
        self._delete_login_attempts_cached_email(request, email=user.email)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Leave the mail to the outbox: the page answers in the same time whether or not there is such a person."""
        if not user.is_system:
            actions.ask_password_link(user=user)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our own actions tell people what changed, in the transaction that changed it."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"sign-in:{credentials.get('email', '').strip().lower()}"


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal(text, SECOND_STEP)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, SECOND_STEP)

    def build_totp_svg(self, url: str) -> str:
        """On white, so that a phone can read it in the dark theme too."""
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002
        return _("Passkey of %(day)s") % {"day": user.organization.today().strftime("%d-%b-%Y")}

    def _get_site_name(self) -> str:
        return "Throughline"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sign-in through the organization's identity provider: only for someone who was invited, by verified e-mail."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Providers come from the settings alone: no table is asked, so the sign-in page costs no query."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> User:
        """Who a person is stands in the invitation; the provider only vouches for them."""
        user: User = sociallogin.user
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        verified = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
        user = User.objects.working().filter(email__in=verified).first()
        if user is None:
            actions.record_session_refused(email=(verified or [""])[0], step="provider")
            raise ImmediateHttpResponse(redirect("socialaccount_login_error"))
        sociallogin.connect(request, user)


def browser_name(agent: str) -> str:
    """Return "Firefox on Windows" from what the browser says of itself: enough to recognize one's own session."""
    browsers = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
    systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser or system
