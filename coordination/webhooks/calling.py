"""One POST to an address somebody else chose: never to a machine of our own, never longer than five seconds.

The name is resolved once and the connection goes to that very address, so a name that answers differently the second time gains
nothing. No redirect is followed, no proxy of the environment asked.
"""

import datetime as dt
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

CONNECT_SECONDS = 3
TOTAL_SECONDS = 5  # HOUSE: from the look-up to the last byte; ten are allowed
MOST_READ = 64 * 1024
RETRY_AFTER_MOST = 24 * 60 * 60  # HOUSE: who asks for a longer rest gets a day
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SECONDS = re.compile(r"[0-9]{1,9}")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """The address is not one we call."""


class NotTaken(Exception):
    """The receiver did not say that it has the message."""

    def __init__(self, why: str, *, status: int = 0, retry_after: float = 0) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after  # seconds it asks to be left alone


def check_url(url: str) -> SplitResult:
    """Raise NotAllowed unless this is https on its own port, without a name and password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise NotAllowed("not an address") from None
    local = f"{parts.hostname}:{port}" in settings.WEBHOOK_LOCAL
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise NotAllowed("not https")
    if port != 443 and not local:
        raise NotAllowed("not port 443")
    if not local and (_is_address(parts.hostname) and not is_global(parts.hostname)):
        raise NotAllowed("not an address of the internet")
    return parts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_global(text: str) -> bool:
    """Whether an address is one of the internet, also when it wraps another one."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inside.append(ipaddress.IPv4Address(address.packed[-4:]))
        if any(found is not None and not is_global(str(found)) for found in inside):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name. Raises NotAllowed when any of them is not of the internet."""
    addresses = _look_up(host, port)
    local = f"{host}:{port}" in settings.WEBHOOK_LOCAL
    if not local and not all(is_global(address) for address in addresses):
        raise NotAllowed("not an address of the internet")
    return addresses


def _look_up(host: str, port: int) -> list[str]:
    """The system's own look-up knows no deadline, so somebody else waits for it: a name server may hang as well."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(entry[4][0]) for entry in entries)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_SECONDS)
    if not found:
        raise NotTaken("no such host")
    return list(found)


def call(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send, and return the status. Raises NotTaken unless it is one of success."""
    ends = time.monotonic() + TOTAL_SECONDS
    parts = check_url(url)
    host, port = str(parts.hostname), parts.port or 443
    address = resolve(host, port)[0]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        status, wait = _send(address, host, port, path, body, headers, ends=ends)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTaken(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotTaken(f"status {status}", status=status, retry_after=wait if status in {429, 503} else 0)
    return status


def _send(
    address: str, host: str, port: int, path: str, body: bytes, headers: Mapping[str, str], *, ends: float
) -> tuple[int, float]:
    """Return the status and the seconds it asks to be left alone."""
    context = ssl.create_default_context(cafile=settings.WEBHOOK_CA_FILE or None)
    said = {"Content-Type": "application/json", "User-Agent": "Throughline", **headers}
    with (
        socket.create_connection((address, port), timeout=min(CONNECT_SECONDS, _left(ends))) as plain,
        _ending(plain, _left(ends)),
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        secured.settimeout(_left(ends))
        connection = http.client.HTTPConnection(host, port)
        connection.sock = secured
        connection.request("POST", path, body, said)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status, seconds_of(answer.getheader("Retry-After", ""))


def _left(ends: float) -> float:
    return max(0.001, ends - time.monotonic())  # nought would mean: without an end


def seconds_of(retry_after: str) -> float:
    """Read a Retry-After, which is a number of seconds or a date. Nought when it is neither."""
    if _SECONDS.fullmatch(retry_after):
        return min(float(retry_after), RETRY_AFTER_MOST)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return min(max(0.0, (aware - dt.datetime.now(dt.UTC)).total_seconds()), RETRY_AFTER_MOST)


class _ending:  # noqa: N801 - reads as a phrase: with _ending(socket)
    """Cut the connection when its time is over, also when the other side sends a byte now and then."""

    def __init__(self, plain: socket.socket, seconds: float) -> None:
        self.copy = plain.dup()
        self.timer = threading.Timer(seconds, self._cut)

    def _cut(self) -> None:
        try:
            self.copy.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_error: object) -> None:
        self.timer.cancel()
        self.copy.close()
