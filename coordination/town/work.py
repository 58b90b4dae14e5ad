"""The promises made to each person of the town, in every state, and the contacts behind them."""

import datetime as dt
from random import Random
from typing import Any

from coordination.town.calendar import Calendar
from coordination.town.citizens import Citizen, id_of
from coordination.worklist.priority import head_start_of, work_at

# kind, title, reason, context, minutes
MATTERS = [
    ("call", "Check that home oxygen arrived", "Equipment referral accepted, no word of delivery", "Ask about the backup tank", 10),
    ("authorization", "Prior authorization: lumbar MRI", "Payer asked for six weeks of physical therapy notes", "Notes are with Northside Clinic", 20),
    ("assessment", "Yearly comprehensive assessment", "Due every 12 months", "Bring the large-print form", 45),
    ("referral", "Close referral loop: cardiology", "Seen last week, consult note not received", "Mercy Heart Clinic", 15),
    ("medication", "Reconcile medications", "Two prescribers changed doses this month", "Ask to have the bottles at hand", 25),
    ("transport", "Arrange a ride to nephrology", "No car, bus does not run that early", "Pickup 45 minutes before", 10),
    ("coverage", "Medicaid renewal", "Coverage ends this month unless renewed", "Needs proof of address", 20),
    ("call", "Monthly check-in", "Agreed in the care plan", "Ask about pain and sleep", 15),
    ("follow_up", "Food delivery started?", "Referred to the community pantry", "Needs low-salt groceries", 10),
    ("assessment", "PHQ-9 and GAD-7 again", "Eight weeks since the last one", "Not improving since week 4", 20),
    ("document", "Get discharge summary", "Hospital has not sent it", "Ask medical records", 10),
    ("call", "Missed visit: find out why", "Did not come to the last appointment", "Offer a video visit", 15),
    ("follow_up", "Blood pressure log", "Asked to write it down for two weeks", "", 10),
    ("data", "Correct the phone number", "Last number was wrong", "Ask the emergency contact", 5),
]  # fmt: skip
TIMED = [
    (
        "home_visit",
        "Home visit: falls and home safety",
        "Agreed with the family",
        "Daughter will be there",
        60,
    ),
    ("visit", "Video visit with the clinician", "Follow-up of new medicine", "Send the link before", 30),
    ("meeting", "Case conference", "Readmitted twice in 60 days", "Six people invited", 60),
]
OUTCOMES = [
    "reached_patient",
    "reached_patient",
    "reached_caregiver",
    "left_voicemail",
    "no_answer",
    "message_sent",
]
NOTES = {
    "reached_patient": "Doing all right. Went through the medicines, no questions left. Will call if the weight goes up.",
    "reached_caregiver": "Spoke with the family. They see to meals and rides this week.",
    "left_voicemail": "Left name and callback number only.",
    "no_answer": "Rang out, no machine.",
    "message_sent": "Asked to call back when it suits.",
}
WAITING_ON = [
    "the payer",
    "Mercy Heart Clinic",
    "the equipment supplier",
    "the patient's daughter",
    "the housing office",
]


def open_task(
    person: Citizen,
    random: Random,
    calendar: Calendar,
    *,
    matter: tuple[str, str, str, str, int],
    due: dt.datetime,
    **more: Any,
) -> dict[str, Any]:
    kind, title, reason, context, minutes = matter
    return {
        "id": id_of(random, int(calendar.at(-2, 9).timestamp() * 1000) + random.randrange(100_000)),
        "patient": person.id,
        "kind": kind,
        "title": title,
        "reason": reason,
        "context": context,
        "minutes": minutes,
        "due_at": due,
        **more,
    }


def weight_of(task: dict[str, Any], *, risk: str | None = None, last_outcome: str = "") -> dict[str, Any]:
    """Where a task stands among the work, as if it had been opened in the product."""
    parts = head_start_of(
        kind=task["kind"],
        minutes=task["minutes"],
        attempt=task.get("attempt", 0),
        risk=risk,
        last_outcome=last_outcome,
    )
    return {"head_start": parts, "work_at": work_at(task["due_at"], parts)}


def tasks_of(person: Citizen, calendar: Calendar, *, count: int | None = None) -> list[dict[str, Any]]:
    """A person's tasks, most of them done. `count` asks for that many, as the benchmark does."""
    random = person.random
    total = count if count is not None else random.choice((1, 2, 3, 4, 5))
    quiet = person.is_deceased or person.care_ended
    tasks = []
    for n in range(total):
        is_open = not quiet and (n == 0 if count else n < 1 and random.random() < 0.42)
        tasks.append(_open(person, random, calendar) if is_open else _closed(person, random, calendar))
    return tasks


def _open(person: Citizen, random: Random, calendar: Calendar) -> dict[str, Any]:
    draw = random.random()
    matter = random.choice(MATTERS)
    if draw < 0.13:
        return open_task(
            person, random, calendar, matter=matter, due=calendar.by_end_of(-random.randrange(1, 5))
        )
    if draw < 0.36:
        return open_task(person, random, calendar, matter=matter, due=calendar.by_end_of(0))
    if draw < 0.42:
        due = calendar.at(0, random.randrange(9, 16), random.choice((0, 30)))
        return open_task(person, random, calendar, matter=random.choice(TIMED), due=due, due_has_time=True)
    if draw < 0.60:
        since = calendar.at(-random.randrange(1, 12), 14)
        due = calendar.by_end_of(random.randrange(1, 8))
        return open_task(
            person,
            random,
            calendar,
            matter=matter,
            due=due,
            status="waiting",
            waiting_on=random.choice(WAITING_ON),
            waiting_since=since,
        )
    if draw < 0.67:
        until = calendar.at(random.randrange(1, 4), 8)
        return open_task(
            person,
            random,
            calendar,
            matter=matter,
            due=calendar.by_end_of(5),
            snoozed_until=until,
            snooze_reason="Asked to call later",
            wakes_on="reply",
        )
    return open_task(person, random, calendar, matter=matter, due=calendar.by_end_of(random.randrange(1, 15)))


def _closed(person: Citizen, random: Random, calendar: Calendar) -> dict[str, Any]:
    ago = random.randrange(1, 200)
    status, outcome = random.choice(
        (
            ("done", "completed"),
            ("done", "completed"),
            ("done", "reached"),
            ("done", "not_reached"),
            ("cancelled", "not_needed"),
            ("declined", "refused"),
        )
    )
    if person.is_deceased and random.random() < 0.5:
        status, outcome = "cancelled", "deceased"
    return open_task(
        person, random, calendar, matter=random.choice(MATTERS), due=calendar.by_end_of(-ago + random.randrange(3)),
        status=status, outcome=outcome, closed_at=calendar.at(-ago, random.randrange(9, 17), random.randrange(60)),
    )  # fmt: skip


def contacts_of(person: Citizen, calendar: Calendar, most: int = 5) -> list[dict[str, Any]]:
    random = person.random
    contacts = []
    for _n in range(random.randrange(most + 1)):
        outcome = random.choice(OUTCOMES)
        at = calendar.at(-random.randrange(1, 120), random.randrange(9, 17), random.randrange(60))
        contacts.append(
            {
                "id": id_of(random, int(at.timestamp() * 1000)),
                "patient": person.id,
                "occurred_at": at,
                "minutes": random.choice((2, 4, 8, 12, 20)),
                "mode": "sms" if outcome == "message_sent" else "phone",
                "target": "caregiver" if outcome == "reached_caregiver" else "patient",
                "outcome": outcome,
                "note": NOTES[outcome],
                "no_follow_up_reason": "Nothing open",
            }
        )
    return sorted(contacts, key=lambda contact: contact["occurred_at"])
