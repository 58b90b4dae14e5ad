"""One whole run: sign everybody in, measure case after case, ask what the processes hold, and how the night's check does."""

import argparse
import time
from dataclasses import dataclass
from typing import Any

from coordination.accounts.models import Organization
from coordination.supervisor import Child
from coordination.worklist.loops import RULES, check
from tests.bench import report
from tests.bench.browser import Browser
from tests.bench.cases import cases
from tests.bench.measuring import ALONE, TOGETHER, Say, alone, load, memory_of, together
from tests.bench.people import BROWSERS, Person, people
from tests.bench.place import SMALL


@dataclass(frozen=True)
class Beside:
    """The small town that is measured in turn with the large one, so that growth can be said."""

    port: int
    people: dict[str, list[dict[str, Any]]]


def run_all(
    options: argparse.Namespace, processes: dict[str, Child], say: Say, beside: Beside | None
) -> dict[str, Any]:
    began, before, start_load = time.monotonic(), memory(processes), load()
    share = 10 if options.quick else 1
    rows, failed = [], list[str]()
    for role, some in people().items():
        if options.role not in role:
            continue
        crew = [signed_in(options.port, some[n % len(some)]) for n in range(BROWSERS)]
        crews = [crew[: len(some)]]
        if beside is not None:
            crews.append([signed_in(beside.port, Person(**told)) for told in beside.people[role]])
        say(
            f"{role}: {len(some)} people, {len(some[0].patients)} patients of the first ({time.monotonic() - began:.0f} s)"
        )
        for case in cases(role):
            if options.only.lower() not in case.name.lower():
                continue
            try:
                times, *smaller = [times.row() for times in alone(case, crews, ALONE // share)]
                rows.append(report.measured(case, role, 1, times, *smaller))
                say(report.line(rows[-1]))
                if case.together and not options.alone:
                    at_once = together(case, crew, TOGETHER // share)
                    rows.append(report.measured(case, role, BROWSERS, at_once.row()))
                    say(report.line(rows[-1]))
            except RuntimeError as error:
                failed.append(f"FAILED, {role}: {error}")
                say(failed[-1])
    after = memory(processes)
    said_of_night = night() if options.night else []
    said = [
        f"Memory of {name}: {after[name]['own']} MiB of its own ({after[name]['resident']} MiB with what is shared) in"
        f" {after[name]['processes']} processes; {before[name]['own']} MiB before the first page."
        for name in after
    ]
    said += [*said_of_night, *failed]
    said.append(
        f"Load of the machine when it began: {start_load:.1f}. The run took {time.monotonic() - began:.0f} s."
    )
    return {
        "patients": options.patients,
        "beside": SMALL if beside is not None else 0,
        "when": report.now(),
        "machine": report.machine(),
        "rows": rows,
        "said": said,
    }


def signed_in(port: int, person: Person) -> tuple[Browser, Person]:
    browser = Browser(port)
    browser.sign_in(person.email)
    return browser, person


def memory(processes: dict[str, Child]) -> dict[str, dict[str, int]]:
    return {
        name: memory_of(child.process.pid) for name, child in processes.items() if child.process is not None
    }


def night() -> list[str]:
    """The nightly check, rule by rule: each is one message, and must end long before a worker's limit of 50 seconds."""
    spent = {}
    for house in Organization.objects.all():
        for rule in RULES:
            began = time.monotonic()
            check(house, rules=[rule])
            spent[rule.name] = time.monotonic() - began
    slowest = sorted(spent.items(), key=lambda pair: -pair[1])[:3]
    words = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest)
    return [f"The nightly check: {sum(spent.values()):.0f} s in {len(spent)} messages; the slowest: {words}."]
