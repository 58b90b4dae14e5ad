"""A signed-in browser: one kept connection, cookies, and what each answer took."""

import http.client
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from coordination.town.signins import DEMO_PASSWORD

IDLE = 10  # seconds after which a kept connection is not trusted
_TIMING = re.compile(r"db;dur=([\d.]+);desc=(\d+), cpu;dur=([\d.]+)")


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float  # as the browser waited
    database: float  # seconds the statements took, as the server counted
    statements: int
    cpu: float  # seconds of the server's thread
    size: int
    body: bytes
    headers: Any


class Browser:
    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, dict[str, str]()
        self.last_used = time.monotonic()
        self.came_to = ""  # where the last answer led
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def sign_in(self, email: str) -> None:
        page = self.ask("GET", "/account/login/")
        answer = self.ask("POST", "/account/login/", {"login": email, "password": DEMO_PASSWORD})
        if answer.status != 302:
            raise RuntimeError(f"{email} could not sign in: {page.status}, {answer.status}")

    def get(self, path: str, *, part: bool = False) -> Answer:
        return self.ask("GET", path, htmx=part)

    def post(self, path: str, fields: dict[str, Any], *, page: str = "/day/") -> Answer:
        return self.ask("POST", path, {"idempotency_key": str(uuid.uuid4()), **fields}, htmx=True, page=page)

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        htmx: bool = False,
        page: str = "/day/",
    ) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        if htmx:
            headers |= {"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1:{self.port}{page}"}
        body = urlencode(fields, doseq=True) if fields is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.send(method, path, body, headers)

    def send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        if time.monotonic() - self.last_used > IDLE:
            self.wire.close()  # the server may have; it opens by itself
        began = time.perf_counter()
        self.wire.request(method, path, body, headers)
        response = self.wire.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        self.last_used = time.monotonic()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        self.came_to = response.headers.get("Location", "")
        told = _TIMING.search(response.headers.get("Server-Timing", ""))
        database, statements, cpu = (float(part) for part in told.groups()) if told else (0.0, 0.0, 0.0)
        return Answer(
            response.status,
            seconds,
            database / 1000,
            int(statements),
            cpu / 1000,
            len(content),
            content,
            response.headers,
        )
