"""One POST to an address somebody else chose: never to a machine of our own, never longer than ten seconds.

The name is resolved once and the connection goes to that very address, so a name that answers differently the second time gains
nothing. No redirect is followed, no proxy of the environment asked.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

CONNECT_SECONDS, TOTAL_SECONDS, MOST_READ = 3, 10, 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """The address is not one we call."""


class NotTaken(Exception):
    """The receiver did not say that it has the message."""

    def __init__(self, why: str, *, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


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
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotTaken("no such host") from None
    addresses = [str(entry[4][0]) for entry in found]
    local = f"{host}:{port}" in settings.WEBHOOK_LOCAL
    if not addresses or (not local and not all(is_global(address) for address in addresses)):
        raise NotAllowed("not an address of the internet")
    return addresses


def call(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send, and return the status. Raises NotTaken unless it is one of success."""
    parts = check_url(url)
    host, port = str(parts.hostname), parts.port or 443
    address = resolve(host, port)[0]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        status = _send(address, host, port, path, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTaken(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotTaken(f"status {status}", status=status)
    return status


def _send(address: str, host: str, port: int, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    context = ssl.create_default_context(cafile=settings.WEBHOOK_CA_FILE or None)
    said = {"Content-Type": "application/json", "User-Agent": "Throughline", **headers}
    with (
        socket.create_connection((address, port), timeout=CONNECT_SECONDS) as plain,
        _ending(plain),
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        secured.settimeout(TOTAL_SECONDS)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = secured
        connection.request("POST", path, body, said)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status


class _ending:  # noqa: N801 - reads as a phrase: with _ending(socket)
    """Cut the connection when its time is over, also when the other side sends a byte now and then."""

    def __init__(self, plain: socket.socket) -> None:
        self.copy = plain.dup()
        self.timer = threading.Timer(TOTAL_SECONDS, self._cut)

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
