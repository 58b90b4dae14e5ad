"""Where a request comes from, as far as our own proxies say so."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address the outermost of our proxies saw; what a client wrote into the header itself is not believed."""
    seen: str = request.META.get("REMOTE_ADDR", "")
    hops: int = settings.TRUSTED_PROXIES
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if hops and len(forwarded) >= hops:
        seen = forwarded[-hops].strip()
    try:
        return str(ipaddress.ip_address(seen))
    except ValueError:
        return None
