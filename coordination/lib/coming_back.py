"""Where an act leads back to."""

from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def page_before(request: HttpRequest) -> str:
    """The page an act was started from, or the one it names itself; empty unless it is one of our own."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    here = came_from.netloc == request.get_host() and came_from.path != request.path
    referrer = urlunsplit(("", "", came_from.path, came_from.query, "")) if here else ""
    page: str = request.POST.get("next") or request.GET.get("next") or referrer
    ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None) and page.startswith("/")
    return page if ours else ""
