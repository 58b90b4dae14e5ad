"""Which lists can be taken away, and how one is opened as a person sees it now."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict
from django.utils.module_loading import import_string

from coordination.accounts.models import User
from coordination.lib.listing import Listing


def open_list(user: User, name: str, query: QueryDict) -> Listing:
    """The list a name stands for. 404 for a name that stands for none; refuses whatever its page refuses."""
    dotted = settings.EXPORT_LISTS.get(name)
    if dotted is None:
        raise Http404
    listing: Listing = import_string(dotted)(user, query)
    return listing


def query_of(choices: Mapping[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({str(key): str(value) for key, value in choices.items()})
    return query


def lists_of(user: User) -> list[tuple[str, Listing]]:
    """The lists this person may open that are about no patient in particular."""
    found = []
    for name in settings.EXPORT_LISTS:
        try:
            found.append((name, open_list(user, name, QueryDict())))
        except (PermissionDenied, Http404):
            continue
    return found
