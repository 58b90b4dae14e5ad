"""Clients that never give up: each write has a key, and is sent again with it until somebody says that it is done."""

import datetime as dt
import http.client
import random
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PATIENCE = 150  # seconds for one write, all its tries together
LOST_ANSWERS = 0.15  # of all tries
TOKEN = "t" * 32  # any CSRF token is as good as another, as long as cookie and form agree


@dataclass
class Write:
    """One thing a person wanted done, and what became of it."""

    kind: str  # task, given, contact, done
    mark: str  # stands in the title or the note: how the row is found again
    tries: int = 0
    acknowledged: bool = False
    refused: str = ""
    seconds: float = 0.0
    answers: list[str] = field(default_factory=list)


class Unclear(Exception):
    """No answer, or one that promises nothing."""


class Writer(threading.Thread):
    def __init__(
        self, port: int, who: dict[str, Any], colleague: str, stop: threading.Event, dice: random.Random
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.who, self.colleague, self.stopping, self.dice = port, who, colleague, stop, dice
        self.writes: list[Write] = []
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.write_something()
        except BaseException as fault:
            self.fault = fault

    def write_something(self) -> None:
        kind = self.dice.choice(["task", "given", "contact", "contact"])
        mark = f"proof {uuid.UUID(int=self.dice.getrandbits(128), version=4)}"
        patient = self.dice.choice(self.who["patients"])
        if kind == "contact":
            self.insist(Write(kind, mark), f"/contacts/new/?patient={patient}", contact(patient, mark))
            return
        owner = self.colleague if kind == "given" else self.who["id"]
        self.insist(Write(kind, mark), "/tasks/new/", task(mark, owner, critical=kind == "given"))

    def insist(self, write: Write, path: str, form: dict[str, str]) -> None:
        """Send the write until it is acknowledged, always with the one key it has."""
        self.writes.append(write)
        form |= {"idempotency_key": str(uuid.uuid4()), "csrfmiddlewaretoken": TOKEN}
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            write.tries += 1
            try:
                status, where = self.post(path, form)
            except (Unclear, OSError, http.client.HTTPException) as fault:
                write.answers.append(type(fault).__name__)
                time.sleep(self.dice.uniform(0.05, 0.6))
                continue
            write.seconds = time.monotonic() - began
            assert "/account/" not in where, f"signed out: {where}"
            write.acknowledged = status in {200, 302, 303}
            write.refused = "" if write.acknowledged else f"{status}"
            return

    def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"sessionid={self.who['session']}; csrftoken={TOKEN}",
        }
        try:
            connection.request("POST", path, urlencode(form), headers)
            if self.dice.random() < LOST_ANSWERS:
                time.sleep(self.dice.uniform(0, 0.3))
                raise Unclear  # the line went dead: done or not, nobody here knows
            answer = connection.getresponse()
            answer.read()
        except (TimeoutError, socket.timeout) as slow:  # noqa: UP041
            raise Unclear from slow
        finally:
            connection.close()
        if answer.status >= 500 or answer.status in {400, 409, 429}:
            # broken, the session not written because the database went down (Django calls that 400), or still busy with
            # the first copy: nothing is promised, the same key again
            raise Unclear
        return answer.status, answer.getheader("Location") or ""


def tomorrow() -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)).isoformat()


def task(mark: str, owner: str, *, critical: bool) -> dict[str, str]:
    return {
        "title": mark, "reason": "Somebody pulls the plugs", "kind": "other", "day": tomorrow(), "time": "", "to": f"user:{owner}",
        "priority": "1" if critical else "3", "minutes": "5", "context": "", "checklist": "", "patient": "",
    }  # fmt: skip


def contact(patient: str, mark: str) -> dict[str, str]:
    return {
        "patient": patient, "outcome": "reached_patient", "follow_up": "pick", "day": tomorrow(), "note": mark,
        "no_follow_up_reason": "", "place": "page",
    }  # fmt: skip
