"""The real broker, in a numbered database of its own for each process that runs tests, so that a flush empties nobody else's."""

import os
from urllib.parse import urlsplit

import redis
from django.conf import settings

FIRST, DATABASES = 11, 16
NUMBER = FIRST + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % (DATABASES - FIRST)


class Valkey:
    def __init__(self) -> None:
        url = urlsplit(settings.REDIS_URL)
        if url.scheme == "unix":
            self.url = f"unix://{url.path}?db={NUMBER}"
            self.broker_url = f"redis+socket://{url.path}?virtual_host={NUMBER}"
        else:
            self.url = self.broker_url = f"{url.scheme}://{url.netloc}/{NUMBER}"
        self.client = redis.Redis.from_url(self.url)

    def bells(self) -> list[str]:
        return [entry.decode() for entry in self.client.lrange("celery", 0, -1)]

    def everything(self) -> str:
        """All keys and values, for whoever looks for a name in them."""
        found = []
        for key in self.client.scan_iter():
            found.append(repr(key))
            found.append(repr(self.client.dump(key)))
        return "\n".join(found)
