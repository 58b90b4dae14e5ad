"""What is measured, as whom, and against which floor and budget."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import floors
from tests.bench.browser import Answer, Browser
from tests.bench.floors import Floor
from tests.bench.people import BROWSERS, DEEP, ORDERS, SUPERVISOR, WIDE, Person

Ask = Callable[[Browser, Person, int], Answer]
MANY = 100  # tasks in one batch


@dataclass(frozen=True)
class Case:
    name: str
    ask: Ask
    floor: Callable[[Person, int], Floor]
    statements: int  # the budget
    together: bool = True  # measured with eight at once too
    after: Ask | None = None  # puts back what was changed, unmeasured
    writes: bool = False
    page_ms: int = 150
    db_ms: int = 25


def cases(role: str) -> list[Case]:
    return [
        Case("My day", lambda b, p, _n: b.get(_desk(role, p)), lambda p, _n: floors.my_day(p, queue=role == SUPERVISOR), 8),
        Case("Registry, first page", lambda b, _p, _n: b.get("/patients/"), lambda p, _n: floors.registry(p), 5),
        *(_deep(key) for key in (DEEP if role == WIDE else DEEP[:1])),
        *(_sorted(key, down) for key in ORDERS for down in ((False, True) if role == WIDE else (False,)) if key != "name" or down),
        *(_narrowed(name) for name in floors.FILTERS),
        Case("Jump, one letter", lambda b, p, n: _jump(b, _name(p, n)[:1]), lambda p, n: floors.jump(p, _name(p, n)[:1]), 4, page_ms=40),
        Case("Jump, three letters", lambda b, p, n: _jump(b, _name(p, n)[:3]), lambda p, n: floors.jump(p, _name(p, n)[:3]), 4, page_ms=40),
        Case("Jump, a whole name", lambda b, p, n: _jump(b, _name(p, n)), lambda p, n: floors.jump(p, _name(p, n)), 4, page_ms=40),
        Case("Patient", lambda b, p, n: b.get(f"/patients/{_patient(p, n)}/"), lambda p, n: floors.patient(_patient(p, n)), 14),
        Case(
            "Patient, timeline", lambda b, p, n: b.get(f"/patients/{_patient(p, n)}/timeline/"),
            lambda p, n: floors.timeline(_patient(p, n)), 14,
        ),
        Case("Side of a page", lambda b, _p, _n: b.ask("GET", "/beside/", htmx=True), lambda p, _n: floors.beside(p), 8, page_ms=40),
        Case(
            "Done, from My day", lambda b, p, n: b.post(f"/tasks/{_task(p, n)[0]}/done/", {}), lambda p, n: floors.done(_task(p, n)[0]), 6,
            after=_undo, writes=True, page_ms=80,
        ),
        Case(
            f"Done, {MANY} at once", _done_many, lambda p, _n: floors.done_many([task for task, _patient in p.tasks[:MANY]]), 40,
            together=False, after=_undo_many, writes=True, page_ms=1500, db_ms=150,  # HOUSE: a hundred rows, a millisecond and a half each

        ),
        Case("Log contact", _log, lambda p, n: floors.contact(p, _patient(p, n)), 6, after=_undo, writes=True, page_ms=80),
    ]  # fmt: skip


def _undo(browser: Browser, person: Person, n: int) -> Answer:
    """Press the newest Undo of the task's own history."""
    return _press_undo(browser, f"/tasks/{_task(person, n)[0]}/")


def _done_many(browser: Browser, person: Person, _n: int) -> Answer:
    tasks = [task for task, _patient in person.tasks[:MANY]]
    return browser.post("/tasks/bulk/commit/", {"act": "done", "ids": tasks})


def _undo_many(browser: Browser, _person: Person, _n: int) -> Answer:
    """Press the Undo of the page that says what came of each."""
    return _press_undo(browser, browser.came_to)


def _press_undo(browser: Browser, address: str) -> Answer:
    page = browser.get(address)
    undo = re.search(r'action="(/undo/[^"]+)"', page.body.decode())
    if undo is None:
        raise RuntimeError(f"{address.split('/')[1]}: {page.status}, and nothing to undo")
    return browser.post(undo[1], {})


def _desk(role: str, person: Person) -> str:
    """A supervisor has no caseload: the day is the team's queue."""
    return f"/day/?show=queue:{person.team}" if role == SUPERVISOR else "/day/"


def _deep(key: str) -> Case:
    label = "Registry, deep page" + ("" if key == "name" else f" by {key}")
    return Case(
        label,
        lambda b, p, _n: b.get(f"/patients/?sort={key}&after={p.deep[key][0]}"),
        lambda p, _n: floors.registry(p, sort=key, deep=True),
        5,
        together=key == "name",
    )


def _sorted(key: str, down: bool) -> Case:
    sort = f"-{key}" if down else key
    return Case(
        f"Registry, sort {sort}", lambda b, _p, _n: b.get(f"/patients/?sort={sort}"),
        lambda p, _n: floors.registry(p, sort=key, down=down), 5, together=False,
    )  # fmt: skip


def _narrowed(name: str) -> Case:
    def ask(browser: Browser, person: Person, _n: int) -> Answer:
        return browser.get(f"/patients/?{name if '=' in name else f'{name}={person.team}'}")

    return Case(f"Registry, {name}", ask, lambda p, _n: floors.registry(p, narrow=name), 5, together=False)


def _jump(browser: Browser, text: str) -> Answer:
    return browser.ask("POST", "/jump/", {"text": text}, htmx=True)  # a keystroke claims no key


def _log(browser: Browser, person: Person, n: int) -> Answer:
    """A call that reached nobody, from the preview: the task ends, the next attempt is planned."""
    task, patient = _task(person, n)
    fields = {
        "patient": patient,
        "place": "peek",
        "outcome": "no_answer",
        "follow_up": "tomorrow",
        "note": "Measured.",
    }
    return browser.post(f"/contacts/new/?patient={patient}&task={task}", fields)


def _name(person: Person, n: int) -> str:
    return person.names[n * 7 % len(person.names)]


def _patient(person: Person, n: int) -> str:
    return person.patients[n * 5 % len(person.patients)]


def _task(person: Person, n: int) -> tuple[str, str]:
    """Each of eight browsers has tasks of its own: several may be of one person, and none finds its task done by another."""
    own = person.tasks[n % BROWSERS :: BROWSERS]
    return own[n // BROWSERS % len(own)]
