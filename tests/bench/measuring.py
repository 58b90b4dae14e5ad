"""Takes the times: product and floor in turn, one browser alone and eight at once, and what the processes hold in memory."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.browser import Answer, Browser
from tests.bench.cases import Case
from tests.bench.people import Person

ALONE, TOGETHER = 30, 80  # samples of one case; eight browsers share those of the second
WARM = 12  # rounds before, of each person: a connection that is in use knows its statements
LONGEST, FEWEST = 8, 5  # seconds for one case with one browser, and the samples it has then at least

Crew = list[tuple[Browser, Person]]


@dataclass
class Times:
    """What one case took, in milliseconds."""

    pages: list[Answer] = field(default_factory=list)
    floors: list[Answer] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        page, floor = [a.seconds * 1000 for a in self.pages], [a.seconds * 1000 for a in self.floors]
        return {
            "p50": at(page, 50), "p95": at(page, 95), "statements": max(a.statements for a in self.pages),
            "db95": at([a.database * 1000 for a in self.pages], 95), "cpu": at([a.cpu * 1000 for a in self.pages], 50),
            "bytes": max(a.size for a in self.pages), "floor": at(floor, 50), "floor95": at(floor, 95),
            "ratio": at(page, 50) / max(at(floor, 50), 0.001), "samples": len(page),
        }  # fmt: skip


def at(values: list[float], percent: int) -> float:
    """The value below which so many percent of the samples lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * percent / 100))] if ordered else 0.0


def take(case: Case, browser: Browser, person: Person, n: int, times: Times) -> None:
    """One round: the page and its floor, so that a slow moment of the machine falls on both."""
    answer = case.ask(browser, person, n)
    if answer.status not in {200, 204, 302}:
        raise RuntimeError(f"{case.name} for {person.email}: {answer.status}: {answer.body[:300]!r}")
    times.pages.append(answer)
    if case.after is not None and (back := case.after(browser, person, n)).status != 200:
        raise RuntimeError(f"{case.name} could not be taken back: {back.status}")
    sql, values = case.floor(person, n)
    body = json.dumps({"sql": sql, "params": values, "organization": person.organization})
    floor = browser.send("POST", "/floor/", body, {"Content-Type": "application/json"})
    if floor.status != 200:
        raise RuntimeError(f"The floor of {case.name} for {person.email}: {floor.status}")
    times.floors.append(floor)


def alone(case: Case, crews: Sequence[Crew], samples: int) -> list[Times]:
    """One browser. With two towns a round of one and a round of the other in turn: what a slow moment of the machine costs falls
    on both, and their times can be compared."""
    found = [Times() for _crew in crews]
    for n in range(WARM * len(crews[0])):
        for crew in crews:
            take(case, *crew[n % len(crew)], n, Times())
    began = time.monotonic()
    for n in range(samples):
        for crew, times in zip(crews, found, strict=True):
            take(case, *crew[n % len(crew)], n + WARM * len(crew), times)
        if time.monotonic() - began > LONGEST * len(crews) and n + 1 >= FEWEST:
            break  # far over every budget: more samples would not say more
    return found


def together(case: Case, crew: Crew, samples: int) -> Times:
    """Eight at once. Each has tasks of its own to close: two never stand in line for one row."""
    times, lock, wrong = Times(), threading.Lock(), list[Exception]()

    def work(mine: int) -> None:
        own = Times()
        browser, person = crew[mine]
        try:
            for n in range(samples // len(crew)):
                take(case, browser, person, n * len(crew) + mine, own)
        except Exception as error:
            wrong.append(error)
        with lock:
            times.pages.extend(own.pages)
            times.floors.extend(own.floors)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(crew))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    return times


def memory_of(pid: int) -> dict[str, int]:
    """What a process and its children hold, in MiB: all of it, and what is theirs alone."""
    held = {"resident": 0, "own": 0, "processes": 0}
    for each in family_of(pid):
        sizes = _sizes(Path(f"/proc/{each}/smaps_rollup"))
        held["resident"] += sizes.get("Rss", 0) // 1024
        held["own"] += sizes.get("Pss", 0) // 1024
        held["processes"] += 1
    return held


def family_of(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def _sizes(file: Path) -> dict[str, int]:
    try:
        lines = file.read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: int(rest.split()[0]) for name, rest in (line.split(":", 1) for line in lines)}


def load() -> float:
    return os.getloadavg()[0]


Measured = dict[str, Any]
Say = Callable[[str], None]
