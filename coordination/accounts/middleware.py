"""The door: the session's clock, sign-in, the second step, and each person's own zone."""

import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from coordination.accounts import actions
from coordination.accounts.access import has_second_step, passed_second_step
from coordination.accounts.backends import read_along
from coordination.lib import display

Answer = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., Any])

# what a person who still owes the second step may open: to set one up, or to prove the one they have
SET_UP = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
PROVE = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}


def passive(view: View) -> View:
    """Mark a view the page asks on its own (polling): it never keeps a session alive."""
    view.passive = True  # type: ignore[attr-defined]
    return view


def write_step() -> int:
    """Return how many seconds may pass before an activity is written down again: a request is not a session write."""
    return min(60, settings.SESSION_IDLE_SECONDS // 15)


class Person(AuthenticationMiddleware):
    """Names who asks, from the row the session brought along. What proves the session stays Django's own."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]


def _person(request: HttpRequest) -> Any:
    request.session.get(SESSION_KEY)  # reads the session, and the person with it
    token = read_along.set(getattr(request.session, "person", None))
    try:
        person = get_user(request)
    finally:
        read_along.reset(token)
    request._cached_user = person  # type: ignore[attr-defined]  # noqa: SLF001 - what the log line reads
    return person


class SessionClock:
    """Ends a session 15 minutes after the last thing the person did, or 12 hours after sign-in.

    The times are kept on the server, and which requests count is decided by the view alone. Because activity is
    written once a minute at most, a session ends up to one minute early, never late.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY in request.session and (reason := ended(request.session, time.time())):
            self._end(request, reason)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        session, now = request.session, time.time()
        if SESSION_KEY not in session or getattr(view, "passive", False):
            return
        if now - session["last_activity"] >= write_step():
            request.keep = session.keep(now)  # type: ignore[attr-defined]

    def _end(self, request: HttpRequest, reason: str) -> None:
        if request.user.is_authenticated:
            actions.record_session_expired(by=request.user, reason=reason)
        logout(request)
        request.session_ended = True  # type: ignore[attr-defined]


def ended(session: Any, now: float) -> str:
    """Say why the session is over, or nothing while it lasts."""
    started, last = session.setdefault("started_at", now), session.setdefault("last_activity", now)
    if now - started >= settings.SESSION_ABSOLUTE_SECONDS:
        return "absolute"
    return "idle" if now - last >= settings.SESSION_IDLE_SECONDS else ""


def page_of(request: HttpRequest) -> str:
    """Return the address of the page the person is on, to come back to: on this site, or nothing."""
    htmx: Any = getattr(request, "htmx", False)
    if htmx:
        page = htmx.current_url_abs_path or ""
    elif request.method in {"GET", "HEAD"}:
        page = request.get_full_path()
    else:  # a form was sent: back to the page it stood on
        came_from = urlsplit(request.headers.get("Referer", ""))
        own = came_from.netloc == request.get_host()
        page = f"{came_from.path}{f'?{came_from.query}' if came_from.query else ''}" if own else ""
    return page if page != "/" and url_has_allowed_host_and_scheme(page, allowed_hosts=None) else ""


def lead_to(request: HttpRequest, view: Any, route: str, **query: str) -> HttpResponseBase:
    """Send the person to `route` first. A fragment cannot be redirected: its page is told to go there.

    What a page asks on its own is only refused, so that nothing half typed is lost to a poll.
    """
    query = {name: value for name, value in query.items() if value}
    address = reverse(route) + (f"?{urlencode(query)}" if query else "")
    if not getattr(request, "htmx", False):
        return redirect(address)
    response = HttpResponse(status=401)
    if not getattr(view, "passive", False):
        response.headers["HX-Redirect"] = address
    return response


class LoginRequired(LoginRequiredMiddleware):
    """Closes every view that does not say it is open."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        was_ended = "1" if getattr(request, "session_ended", False) else ""
        return lead_to(request, view_func, "account_login", next=page_of(request), ended=was_ended)


class SecondStepRequired:
    """Nobody works with a password alone: the second step is proven at sign-in, or set up before anything else."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        is_open = not getattr(view, "login_required", True)
        if settings.DEMO or is_open or not request.user.is_authenticated or passed_second_step(request):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        has_one = has_second_step(request.user)
        if name in (PROVE if has_one else SET_UP):
            return None
        return lead_to(request, view, "mfa_reauthenticate" if has_one else "mfa_index", next=page_of(request))


class Preferences:
    """Shows times in the person's own zone and clock."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        reading = display.activate(clock=user.clock)
        try:
            with timezone.override(user.zone):
                return self.get_response(request)
        finally:
            display.deactivate(reading)
