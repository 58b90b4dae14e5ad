"""A few people of the town are told by hand: they show, on the first day, what the product is for."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

Matter = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Story:
    family: str
    given: str
    sex: str
    born: dt.date
    illnesses: tuple[str, ...] = ()
    patient: dict[str, Any] = field(default_factory=dict)
    matter: Matter | None = None
    due: tuple[str, int, int] = (
        "day",
        0,
        0,
    )  # ("day", offset, 0) | ("time", hour, minute) | ("business", since, days) | ("hours", n, 0)
    task: dict[str, Any] = field(default_factory=dict)
    discharged_days_ago: int = -1
    allergies: int = 0
    proxy: str = ""
    contacts: tuple[tuple[int, str, str], ...] = ()  # days ago, outcome, note


STORIES = [
    Story(
        "Okafor", "Grace", "female", dt.date(1958, 3, 14), ("I50.22", "I10", "E11.9"),
        {"prefix": "Ms", "preferred_name": "Gracie", "pronouns": "she/her", "communication_needs": "Large print", "risk": "high"},
        ("discharge_call", "Post-discharge call, attempt 2 of 3", "Discharged from Mercy General Hospital yesterday. Contact needed within 2 business days.", "Heart failure, home since yesterday", 20),
        ("business", -1, 2),
        {"due_rule": "TCM 2-day limit", "attempt": 1, "attempts_planned": 3, "priority": 2, "checklist": [
            {"text": "Discharge summary received", "done": True}, {"text": "Medications reconciled (9, 2 changed)", "done": False},
            {"text": "Warning signs and daily weights reviewed", "done": False}, {"text": "Follow-up within 7 days booked", "done": False}]},
        discharged_days_ago=1, allergies=2, proxy="Ada Okafor",
        contacts=((0, "left_voicemail", "Asked Grace to call back. Ada not reached either."), (15, "reached_patient", "Agreed on daily weights.")),
    ),
    Story("Okafor", "Grace A.", "female", dt.date(1985, 8, 2), ("J45.909",), {"risk": "low"}),
    Story(
        "Morales", "Luis", "male", dt.date(1991, 6, 2), ("F33.1", "Z59.41"), {"risk": "high", "language": "es", "interpreter_needed": "no"},
        ("safety", "PHQ-9 item 9: safety check", "Scored 18 at Eastside Clinic this morning, item 9 above 0", "Same-day safety call, then tell the clinician", 30),
        ("hours", 2, 0), {"priority": 1, "due_has_time": True, "due_rule": "within 2 h"}, contacts=((4, "reached_patient", "Sleeping badly, no plan to harm himself."),),
    ),
    Story(
        "Tran", "Minh", "male", dt.date(1947, 9, 19), ("J44.9", "I10"), {"risk": "high", "language": "vi", "interpreter_needed": "yes", "interpreter_mode": "phone"},
        ("call", "Check oxygen delivery arrived", "Equipment referral accepted a week ago, no confirmation", "Vietnamese interpreter by phone", 10),
        ("day", -2, 0), contacts=((6, "left_voicemail", "Left callback number only."),),
    ),
    Story(
        "Abdi", "Hodan", "female", dt.date(1984, 1, 30), ("M17.9", "Z75.3"), {"risk": "rising", "language": "so", "interpreter_needed": "yes", "interpreter_mode": "in_person"},
        ("authorization", "Prior authorization: lumbar MRI", "Payer asked for six-week physical therapy notes", "Somali interpreter", 20),
        ("day", -1, 0), contacts=((1, "reached_patient", "Will sign the release on Thursday."),),
    ),
    Story(
        "Brandt", "Karl", "male", dt.date(1952, 12, 11), ("E11.9", "E78.5", "N18.31"), {"risk": "rising"},
        ("assessment", "Yearly comprehensive assessment", "42 of 60 questions done", "Started last week", 30), ("day", -1, 0),
    ),
    Story(
        "Patel", "Ramesh", "male", dt.date(1939, 4, 25), ("I48.91", "M17.9", "G30.9"), {"risk": "high", "safety_note": "Fall risk: two falls this fall"},
        ("home_visit", "Home visit: falls and home safety", "Two falls in six weeks", "Daughter present, bring grab-rail form", 60),
        ("time", 10, 30), {"due_has_time": True}, allergies=1,
    ),
    Story(
        "Nguyen", "Lan", "female", dt.date(1966, 8, 8), ("E11.9",), {"risk": "rising", "language": "vi", "interpreter_needed": "yes", "interpreter_mode": "video"},
        ("visit", "Video visit with Dr. Singh", "New insulin dose", "Interpreter booked (Vietnamese), send link by 14:30", 30), ("time", 15, 0), {"due_has_time": True},
    ),
    Story(
        "Reyes", "Carmen", "female", dt.date(1979, 3, 3), ("I10",), {"risk": "low", "language": "es"},
        ("referral", "Close referral loop: cardiology", "Seen last Thursday, consult note not received", "Day 5 of 5", 15), ("day", 0, 0),
    ),
    Story(
        "Kim", "Soo-jin", "female", dt.date(1990, 2, 21), ("F33.1", "F41.1"), {"risk": "rising"},
        ("assessment", "PHQ-9 and GAD-7 again", "Week 8, last PHQ-9 14", "Not improving since week 4", 20), ("day", 0, 0), {"repeat_every": 4, "repeat_unit": "week"},
    ),
    Story(
        "Hollis", "Deborah", "female", dt.date(1955, 7, 6), ("N18.31", "I10", "Z75.3"), {"risk": "rising", "preferred_name": "Deb"},
        ("transport", "Arrange ride to nephrology", "Appointment Thursday 09:15, Northside", "No car", 10), ("day", 1, 0), {"source": "promise"},
    ),
    Story(
        "Washington", "Earl", "male", dt.date(1961, 11, 17), ("I10", "Z59.41"), {"risk": "rising"},
        ("coverage", "Turned 65: Medicare choices", "Enrollment closes in three months, counselor not booked", "", 20), ("day", 0, 0),
    ),
    Story("Washington", "Earle", "male", dt.date(1961, 11, 19), ("J44.9",), {"risk": "low"}),
    Story(
        "Shevchenko", "Oksana", "female", dt.date(1971, 5, 9), ("I63.9", "I10"), {"risk": "high", "language": "uk", "interpreter_needed": "yes", "interpreter_mode": "phone"},
        ("discharge_call", "Post-discharge call", "Discharged from Saint Brigid Hospital yesterday. Contact needed within 2 business days.", "Stroke unit, 6 nights", 20),
        ("business", -1, 2), {"due_rule": "TCM 2-day limit", "attempts_planned": 3}, discharged_days_ago=1, allergies=1,
    ),
]  # fmt: skip

# on the coordinator's own calendar, about no patient: kind, title, reason, (hour, minute), minutes
OWN_DAY = [
    ("meeting", "Team huddle", "Every working day", (8, 30), 30),
    ("meeting", "Case conference", "3 patients, 6 people", (13, 0), 60),
    ("call", "Call block", "Discharge calls", (16, 0), 60),
]
