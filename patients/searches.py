"""What a person searched for, kept in their session, so that an address names a search and never its words."""

import secrets

from django.http import HttpRequest

KEPT_SEARCHES = 10


def searches_of(request: HttpRequest) -> dict[str, str]:
    """The words of the last searches by their names."""
    return dict(request.session.get("searches", []))


def keep_search(request: HttpRequest, text: str) -> str:
    """Keep the words of a search and return its name."""
    name = secrets.token_urlsafe(9)
    kept = [*request.session.get("searches", []), [name, text]][-KEPT_SEARCHES:]
    request.session["searches"] = kept
    return name
