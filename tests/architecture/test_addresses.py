"""Whatever stands in the query of an address, every page has an answer of its own."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests.architecture.test_routes import AREAS
from tests.conftest import Cast, SignIn

pytestmark = pytest.mark.django_db
# every name a page reads from its address
NAMES = [
    "actor", "after", "as", "at", "before", "bucket", "circle", "coordinator", "critical", "day", "event", "field", "format",
    "from", "ids", "in", "interpreter", "kind", "language", "list", "name", "next", "offered", "open_after", "open_before",
    "page", "part", "patient", "place", "prefix", "q", "query", "quiet", "risk", "role", "s", "seen", "sel", "show", "since",
    "sort", "start", "state", "status", "task", "tasks", "team", "text", "to", "unread", "view", "waiting",
]  # fmt: skip
MOMENTS = ["since", "at", "after"]  # read one after the other: the first that makes no sense hides the next
VALUES = [
    "", "a\0b", "x" * 5000, "-1", "9" * 20, "NaN", "2026-13-45", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "queue:x",
    "' or 1=1", "bnVsbA==", "W10=", "٣😀", "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(AREAS))
def test_every_page_answers(cast: Cast, signed_in: SignIn, name: str) -> None:
    client, page = signed_in(getattr(cast, AREAS[name])), reverse(name)
    client.raise_request_exception = False
    queries = [urlencode(dict.fromkeys(NAMES, value)) for value in VALUES]
    queries += [urlencode({moment: value}) for moment in MOMENTS for value in VALUES[6:10]]
    queries += ["after=%FF&sel=%ED%A0%80&text=%FF", "&&=&%", "after[]=1&after=2&after=3"]
    failed = [query[:80] for query in queries if client.get(f"{page}?{query}").status_code >= 500]
    assert failed == []
