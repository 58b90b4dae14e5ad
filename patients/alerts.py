"""What must not be overlooked about a patient: facts in words, what can harm first."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from coordination.lib.languages import language_name
from patients.facts import Facts
from patients.models import Patient
from patients.words import born_as_known

CONSENT_WARNING_DAYS = 30  # HOUSE
Item = dict[str, Any]


def alerts_of(user: User, patient: Patient, known: Facts, today: dt.date) -> list[Item]:
    """Facts in words, what can harm first. The row shows four, the rest is folded."""
    people = reverse("patients:people", args=[patient.pk])
    alerts: list[Item] = []
    if patient.is_deceased:
        alerts.append(_alert(_("Has died: no outreach"), "red", "octagon-alert"))
    if patient.safety_note and user.may(Permission.HISTORY_VIEW):
        alerts.append(_alert(patient.safety_note, "red", "shield-alert"))
    if unsafe := sum(point.do_not_use for point in known.phones):
        words = ngettext("%(n)s number not to use", "%(n)s numbers not to use", unsafe) % {"n": unsafe}
        alerts.append(_alert(words, "red", "phone-off", people))
    alerts += [_similar(other) for other in known.similar]
    if patient.has_similar_name and not known.similar:
        alerts.append(_alert(_("Someone else has a similar name: check the date of birth"), "amber", "users"))
    if patient.interpreter_needed == Patient.YesNo.YES:
        alerts.append(_alert(_interpreter(patient), "amber", "languages"))
    return alerts + _consent_alerts(known, today, people)


def _consent_alerts(known: Facts, today: dt.date, url: str) -> list[Item]:
    ending = []
    last = today + dt.timedelta(days=CONSENT_WARNING_DAYS)
    for consent in known.consents:
        if consent.is_in_force_on(today) and consent.expires_on is not None and consent.expires_on <= last:
            private = consent.kind == consent.Kind.PART_2  # read over a shoulder it would say too much
            subject = (
                _("Consent")
                if private
                else _("Consent (%(kind)s)") % {"kind": consent.get_kind_display().lower()}
            )
            words = _("%(consent)s ends %(day)s") % {
                "consent": subject,
                "day": display.day_short(consent.expires_on),
            }
            ending.append(_alert(words, "amber", "file-text", url))
    return ending


def _similar(other: Patient) -> Item:
    words = _("Similar name: %(name)s, born %(day)s") % {
        "name": other.display_name,
        "day": born_as_known(other),
    }
    return _alert(words, "amber", "users", reverse("patients:patient", args=[other.pk]))


def _interpreter(patient: Patient) -> str:
    language = language_name(patient.language) or pgettext("interpreter", "language not recorded")
    if patient.interpreter_mode == Patient.Interpreter.UNKNOWN:
        return _("Interpreter: %(language)s") % {"language": language}
    return _("Interpreter: %(language)s, %(mode)s") % {
        "language": language,
        "mode": patient.get_interpreter_mode_display().lower(),
    }


def _alert(text: str, tone: str, icon: str, url: str = "") -> Item:
    return {"text": text, "tone": tone, "icon": icon, "url": url}
