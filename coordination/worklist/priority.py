"""Where a task stands in the day, and why: as if it were due earlier, by a head start whose parts can be said in words.

A patient at risk, long work and tries that reached nobody each give a task a head start. None of them looks at the deadline, so of
two deadlines the closer one never stands lower; and a head start moves a task within its group only (late, today, coming).
"""

import datetime as dt

from django.conf import settings

from coordination.worklist.querysets import APPOINTMENTS, OUTREACH

# how a contact ends that did not reach the patient: there will be another try
UNREACHED = {
    "left_voicemail",
    "no_answer",
    "busy",
    "wrong_number",
    "disconnected",
    "language_barrier",
    "message_failed",
    "returned_mail",
    "in_person_not_home",
}


def head_start(*, risk: str = "", minutes: int = 0, missed: int = 0) -> dict[str, int]:
    """The parts in minutes, those above zero: the patient's risk, the work itself, and the chance to reach the patient.

    `missed`: tries in vain; whom one does not reach takes several, so the first has to be early. The weights are HOUSE settings.
    """
    parts = {
        "risk": settings.PRIORITY_RISK_MINUTES.get(risk, 0),
        "effort": minutes,
        "reach": min(missed, settings.PRIORITY_TRIES) * settings.PRIORITY_TRY_MINUTES,
    }
    return {name: part for name, part in parts.items() if part > 0}


def head_start_of(
    *, kind: str, minutes: int, attempt: int = 0, risk: str | None = None, last_outcome: str = ""
) -> dict[str, int]:
    """The parts of one task. `risk` and how the last contact ended are its patient's; without a patient risk is None.

    What has its hour (a visit, a meeting, a block for calls) stands at it. Only what reaches out can miss the patient.
    """
    if kind in APPOINTMENTS or (kind == "call" and risk is None):
        return {}
    if risk is None:
        return head_start(minutes=minutes)
    missed = max(attempt - 1, int(last_outcome in UNREACHED)) if kind in OUTREACH else 0
    return head_start(risk=risk, minutes=minutes, missed=missed)


def work_at(due_at: dt.datetime, parts: dict[str, int]) -> dt.datetime:
    """The instant a task stands at among the work."""
    return due_at - dt.timedelta(minutes=sum(parts.values()))
