"""What may be done with a number, said at the number itself: by whom it is answered, when it may be called, what may be left.

Patients may ask to be reached in one way and not in another (45 CFR 164.522(b)); how much may be said to a machine or to whoever
answers follows 45 CFR 164.510(b). The hours of the house (settings.QUIET_HOURS) are the patient's own, by the state they live in.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from coordination.accounts.models import Organization
from coordination.lib import display
from patients.models import ContactPoint

# the zones people of a state live in; where there are two, an hour is quiet when it is in either of them
_STATES = {
    "America/New_York": "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC TN VT VA WV",
    "America/Chicago": "AL AR FL IL IN IA KS KY LA MI MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID KS MT NE NM ND OR SD TX UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
}
DIALED = {ContactPoint.Kind.MOBILE, ContactPoint.Kind.HOME, ContactPoint.Kind.WORK, ContactPoint.Kind.OTHER}
RULED_OUT: dict[str, dict[str, Any]] = {
    "no_message": {"voicemail": ContactPoint.Voicemail.NONE},
    "no_text": {"text_allowed": False},
}


def any_number(patient: Any, rule: str) -> QuerySet[ContactPoint]:
    """The numbers in use at which the patient ruled this out (a key of RULED_OUT)."""
    in_use: QuerySet[ContactPoint] = ContactPoint.objects.filter(kind__in=DIALED, do_not_use=False)
    return in_use.filter(patient=patient, **RULED_OUT[rule])


def zones_of(states: Collection[str], house: Organization) -> list[ZoneInfo]:
    """Where it may be quiet: the zones of the states the patient lives in, else the organization's own."""
    codes = {state.strip().upper() for state in states}
    found = [ZoneInfo(name) for name, listed in _STATES.items() if codes & set(listed.split())]
    return found or [house.zone]


def standing_words(point: ContactPoint) -> list[str]:
    """What is agreed about this number, whatever the hour."""
    machine = {
        ContactPoint.Voicemail.NONE: _("leave no message"),
        ContactPoint.Voicemail.CALLBACK: _("callback number only"),
        ContactPoint.Voicemail.DETAILS: _("OK to leave a message"),
    }
    words = [
        hours_words(point),
        point.best_time,
        _("%(who)s may answer") % {"who": point.others_may_answer} if point.others_may_answer else "",
        str(machine.get(ContactPoint.Voicemail(point.voicemail), "")),
        _("no text messages") if point.text_allowed is False else "",
    ]
    return [word for word in words if word]


def hours_words(point: ContactPoint) -> str:
    if point.call_from and point.call_until:
        words = {"start": display.hour_of(point.call_from), "end": display.hour_of(point.call_until)}
        return _("call only %(start)s to %(end)s") % words
    if point.call_from:
        return _("call only from %(start)s") % {"start": display.hour_of(point.call_from)}
    if point.call_until:
        return _("call only until %(end)s") % {"end": display.hour_of(point.call_until)}
    return ""


def why_not(point: ContactPoint, *, at: dt.datetime, zones: Collection[ZoneInfo]) -> str:
    """Why this number must not be used at this moment. Empty: it may."""
    if point.do_not_use:
        why = point.do_not_use_reason
        return _("do not use: %(why)s") % {"why": why} if why else _("do not use")
    there = [at.astimezone(zone).time() for zone in zones] if point.kind in DIALED else []
    wrong = next((now for now in there if not is_within(point, now)), None)
    return _("not now: it is %(now)s there") % {"now": display.hour_of(wrong)} if wrong else ""


def quiet_words(point: ContactPoint, *, at: dt.datetime, zones: Collection[ZoneInfo]) -> str:
    """A warning, where the patient named no hours of their own: it is early or late where they live."""
    if point.kind not in DIALED or point.call_from or point.call_until:
        return ""
    there = [at.astimezone(zone).time() for zone in zones]
    wrong = next((now for now in there if is_quiet(now)), None)
    return _("quiet hours: it is %(now)s there") % {"now": display.hour_of(wrong)} if wrong else ""


def line_of(point: ContactPoint, *, at: dt.datetime, zones: Collection[ZoneInfo]) -> dict[str, Any]:
    """A number as every page shows it: the rule beside it, and no link where it must not be called."""
    number = point.number or point.value
    refused = why_not(point, at=at, zones=zones)
    dialed = point.kind in DIALED
    return {
        "kind": point.get_kind_display(),
        "number": display.phone(number) if dialed else point.value,
        "tel": display.tel(number) if dialed and not refused else "",
        "struck": point.do_not_use,
        "why_not": refused,
        "warning": "" if refused else quiet_words(point, at=at, zones=zones),
        "words": [] if point.do_not_use else standing_words(point),
    }


def is_within(point: ContactPoint, there: dt.time) -> bool:
    """Whether the patient's own hours for this number allow it."""
    return (point.call_from is None or there >= point.call_from) and (
        point.call_until is None or there < point.call_until
    )


def is_quiet(there: dt.time) -> bool:
    begins, ends = settings.QUIET_HOURS
    return there.hour >= begins or there.hour < ends
