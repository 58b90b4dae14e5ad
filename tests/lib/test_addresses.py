"""The address written into the audit trail is the one our own proxy saw."""

import pytest
from django.test import RequestFactory

from coordination.lib.addresses import client_address


@pytest.mark.parametrize(
    ("hops", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "10.0.0.1"),  # no proxy of ours: the header is anybody's word
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "192.0.2.66, 203.0.113.9", "203.0.113.9"),  # the first one was written by the client
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", None),
    ],
)
def test_only_our_own_proxies_are_believed(settings, hops, forwarded, seen):
    settings.TRUSTED_PROXIES = hops
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == seen


def test_a_private_socket_has_no_address(settings):
    settings.TRUSTED_PROXIES = 0
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) is None
