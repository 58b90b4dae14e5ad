"""What the styleguide shows: invented people, and one of everything that can happen to them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def _who(name: str, born: date, sex: str, number: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "born": born, "sex": sex, "identifier": number, "url": "#patient"} | more


OKAFOR = _who("OKAFOR, Grace", date(1958, 3, 14), "F", "4470 2218")


def banner() -> dict[str, Any]:
    return {
        "name": "OKAFOR, Grace",
        "title": "Ms",
        "preferred": "Gracie",
        "born": date(1958, 3, 14),
        "died": None,
        "gender": "Female, she/her",
        "identifiers": [
            {"label": "MRN", "value": "4470 2218"},
            {"label": "Medicare", "value": "1EG4-TE5-MK73"},
        ],
        "coordinator": "Dana Whitfield (you)",
        "url": "#patient",
        "actions": [
            {"label": _("Log contact"), "icon": "phone", "url": "#log", "primary": True, "key": "l"},
            {"label": _("Add task"), "icon": "plus", "url": "#task", "key": "a"},
        ],
        "more": [
            {"label": _("Print summary"), "icon": "printer", "url": "#print"},
            {"label": _("Edit details"), "icon": "pencil", "url": "#edit"},
        ],
        "facts": [
            {"label": _("Address"), "value": "418 Alder St, Apt 2B, Dayton OH 45402"},
            {"label": _("Phone and email"), "value": "(555) 555-0142, after 10:00"},
            {"label": _("Proxy"), "value": "Ada Okafor, daughter (HCPOA)"},
            {"label": _("Coverage"), "value": "Medicare A/B, Medigap G"},
        ],
        "details": [
            {"label": _("Language"), "value": "English, large print"},
            {"label": _("Interpreter"), "value": "Not needed"},
        ],
        "allergies": {
            "state": "known",
            "count": 2,
            "text": "Penicillin (anaphylaxis), sulfa (rash)",
            "checked": timezone.localdate() - timedelta(days=15),
        },
        "alerts": [
            {"text": "Discharged 15-Nov: contact due 17:00 today", "tone": "red", "icon": "hospital"},
            {"text": "Similar name: OKAFOR, Grace A., born 02-Aug-1985", "tone": "amber", "icon": "users"},
            {"text": "Fall risk", "tone": "amber"},
            {"text": "Consent to share ends 30-Nov", "tone": "amber", "icon": "file-text"},
            {"text": "Door code changed, call before a visit", "tone": "amber", "icon": "house"},
        ],
        "walk": {
            "label": _("My day"),
            "url": "#day",
            "previous_url": "#k",
            "next_url": "#j",
        },
    }


def deceased() -> dict[str, Any]:
    return {
        "name": "WASHINGTON, Earl",
        "title": "Mr",
        "preferred": "",
        "born": date(1940, 11, 17),
        "died": date(2026, 10, 2),
        "gender": "Male",
        "identifiers": [{"label": "MRN", "value": "4462 4407"}],
        "url": "#patient",
        "marks": [{"text": _("Restricted record"), "icon": "lock"}],
        "facts": [
            {"label": _("Address"), "value": "Not recorded"},
            {"label": _("Phone and email"), "value": "Not recorded"},
        ],
        "allergies": {"state": "unrecorded"},
    }


def _row(
    number: int, who: dict[str, Any], due: Any, title: str, context: str, icon: str, risk: str, **more: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "who": who,
        "due": due,
        "title": title,
        "context": context,
        "icon": icon,
        "risk": risk,
        "url": "#patient",
        "done_url": "#done",
        "snooze_url": "#snooze",
        "log_url": "#log",
    } | more


def _days_ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def _at(hours: float) -> datetime:
    """A moment of today, counted from eight in the morning."""
    eight = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0)
    return eight + timedelta(hours=hours)


def groups() -> list[dict[str, Any]]:
    now, today = timezone.localtime(), timezone.localdate()
    morales = _row(
        1,
        _who("MORALES, Luis", date(1991, 6, 2), "M", "4471 0093"),
        now,
        "PHQ-9 item 9: safety check",
        "Scored 18 at Eastside Clinic, 08:41 today",
        "octagon-alert",
        "high",
        tone="red",
        now=True,
        due_note="within 2 h",
        program="Behavioral",
        last_contact=_days_ago(4),
        last_outcome="reached",
    )
    tran = _row(
        2,
        _who("TRẦN, Minh", date(1947, 9, 19), "M", "4468 7710"),
        _days_ago(2),
        "Check oxygen delivery arrived",
        "DME referral accepted 10-Nov, no confirmation",
        "phone",
        "high",
        tone="red",
        program="COPD",
        last_contact=_days_ago(6),
        last_outcome="voicemail",
    )
    grace = _row(
        3,
        OKAFOR | {"similar": True},
        now + timedelta(minutes=78),
        "Post-discharge call, attempt 2 of 3",
        "Heart failure, Mercy General, home since 15-Nov",
        "hospital",
        "high",
        tone="amber",
        current=True,
        due_note="TCM 2-day limit",
        program="Transitions",
        last_contact=_days_ago(1),
        last_outcome="voicemail",
    )
    lan = _row(
        4,
        _who("NGUYEN, Lan", date(1966, 8, 8), "F", "4467 9920"),
        today,
        "Video visit with Dr. Singh",
        "Interpreter booked (Vietnamese), send link by 14:30",
        "video",
        "rising",
        tone="amber",
        program="Diabetes",
        last_contact=_days_ago(5),
        last_outcome="text",
    )
    baby = _row(
        5,
        _who(
            "HOLLIS-MONTGOMERY-FEATHERSTONE, Deborah Annabelle", today - timedelta(days=40), "F", "4464 3391"
        ),
        today + timedelta(days=1),
        "Arrange ride to nephrology",
        "Appointment Thu 09:15, Northside",
        "car",
        "low",
        program="CKD",
        last_contact=None,
        done=True,
    )
    return [
        {"title": _("Needs you now"), "rows": [morales]},
        {"title": _("Overdue"), "rows": [tran]},
        {"title": _("Due today"), "rows": [grace, lan]},
        {"title": _("Coming up"), "rows": [baby]},
    ]


def ribbon() -> dict[str, Any]:
    return {
        "hours": [{"column": 1 + 4 * step, "label": f"{8 + step:02}:00"} for step in range(9)],
        "now": {"column": 6, "label": "09:15"},
        "entries": [
            {
                "column": 3,
                "width": 2,
                "kind": "past",
                "start": _at(0.5),
                "title": _("Team huddle"),
                "url": "#1",
            },
            {
                "column": 11,
                "width": 4,
                "kind": "visit",
                "start": _at(2.5),
                "title": _("Home visit"),
                "note": "PATEL, Ramesh",
                "url": "#2",
            },
            {"column": 17, "width": 2, "kind": "hold", "start": _at(4), "title": _("Break"), "url": "#3"},
            {
                "column": 21,
                "width": 4,
                "kind": "conf",
                "start": _at(5),
                "title": _("Case conference"),
                "note": "3 patients, 6 people",
                "url": "#4",
            },
            {"column": 29, "width": 2, "kind": "", "start": _at(7), "title": _("Video visit"), "url": "#5"},
            {
                "column": 33,
                "width": 4,
                "kind": "hold",
                "start": _at(8),
                "title": _("Call block"),
                "note": "Discharge calls",
                "url": "#6",
            },
        ],
    }


def days() -> list[dict[str, Any]]:
    now = timezone.localtime()
    return [
        {
            "heading": _("Ahead"),
            "entries": [
                {
                    "icon": "calendar",
                    "title": "Cardiology follow-up",
                    "when": "Thu 19-Nov 13:40",
                    "by": "Mercy Heart Clinic, Dr. Singh",
                    "tags": [{"text": "Ride booked", "tone": "green"}],
                }
            ],
        },
        {
            "heading": _("Today, 17-Nov"),
            "today": True,
            "entries": [
                {
                    "icon": "scale",
                    "tone": "amber",
                    "title": "Weight 166 lb, up 2 lb in 24 h",
                    "at": now,
                    "by": "By text from Grace. Alert at +3 lb",
                }
            ],
        },
        {
            "heading": "16-Nov",
            "entries": [
                {
                    "icon": "voicemail",
                    "title": "Discharge call 1: voicemail left",
                    "at": now,
                    "text": "Asked Grace to call back. Ada not reached either.",
                    "by": "Dana Whitfield",
                },
                {
                    "icon": "pill",
                    "tone": "violet",
                    "title": "Medications changed at discharge",
                    "at": now,
                    "text": "furosemide 20 mg to 40 mg daily. hydrALAZINE stopped (not hydrOXYzine).",
                    "by": "Mercy General, by HL7 feed",
                    "tags": [{"text": "Needs reconciling", "tone": "amber"}],
                },
            ],
        },
        {
            "heading": "15-Nov",
            "entries": [
                {
                    "icon": "hospital",
                    "tone": "red",
                    "title": "Discharged home: heart failure",
                    "at": now,
                    "text": "4-day stay. Ejection fraction 35%.",
                    "by": "ADT feed, Mercy General",
                }
            ],
        },
    ]


def tables() -> dict[str, Any]:
    return {
        "sort": "born",
        "patients": [
            OKAFOR
            | {
                "program": "Transitions",
                "risk": "high",
                "last": timezone.localdate() - timedelta(days=1),
                "owner": "Dana Whitfield",
            },
            _who("PATEL, Ramesh", date(1939, 4, 25), "M", "4459 0071")
            | {
                "program": "Complex care",
                "risk": "rising",
                "last": timezone.localdate() - timedelta(days=12),
                "owner": "Dana Whitfield",
            },
            _who("REYES, Carmen", date(1979, 3, 3), "F", "4470 8812")
            | {"program": "Hypertension", "risk": "low", "last": None, "owner": "Jorge Ortiz"},
        ],
        "pager": {"shown": 50, "total": 82, "previous_url": None, "next_url": "#next"},
        "chips": [
            {"label": _("High risk"), "remove_url": "#a"},
            {"label": _("No contact in 14 days"), "remove_url": "#b"},
        ],
    }


def messages() -> dict[str, Any]:
    return {
        "job": {
            "id": 8,
            "title": "roster-nov.ndjson",
            "state": "running",
            "done": 1240,
            "total": 2000,
            "note": "1,211 added, 22 matched.",
            "error_count": 7,
            "errors_url": "#e",
            "poll_url": "",
        },
        "finished": {
            "id": 9,
            "title": "bundle-oct.json",
            "state": "done",
            "done": 120,
            "total": 120,
            "note": "120 added.",
        },
        "matches": [{"who": OKAFOR, "why": _("Same date of birth and phone, name sounds alike")}],
        "conflict": {
            "sentence": _(
                "Jorge Ortiz saved this record at 09:10, two minutes ago. Choose what to keep for what you both changed."
            ),
            "action": "#save",
            "version": 5,
            "fields": [
                {
                    "name": "phone",
                    "label": _("Mobile"),
                    "theirs": "(555) 555-0199",
                    "yours": "(555) 555-0142",
                },
                {"name": "language", "label": _("Language"), "theirs": "English", "yours": "Igbo"},
            ],
            "save_label": _("Save for OKAFOR, Grace"),
            "cancel_url": "#cancel",
        },
    }
