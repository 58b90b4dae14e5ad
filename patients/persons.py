"""The people around a patient as they are shown: role, dates, legal basis, and what may be done with each."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from patients.alerts import CONSENT_WARNING_DAYS
from patients.forms.record import ConfirmForm
from patients.models import CareTeamMember, Consent, Patient, RelatedPerson
from patients.words import source_words

Item = dict[str, Any]


def member(user: User, patient: Patient, row: CareTeamMember) -> Item:
    tags: list[Item] = []
    if row.is_primary:
        tags.append({"text": _("Primary coordinator"), "tone": "green", "icon": "user-check"})
    if row.user_id is None:
        tags.append({"text": _("Outside")})
    can_end = user.may(Permission.CARE_TEAM_EDIT) and row.ends_on is None and not row.is_primary
    return {
        "name": row.user.name if row.user else row.name,
        "credential": row.user.credential if row.user else "",
        "role": row.role_text or row.get_role_display(),
        "contact": ", ".join(
            part for part in (row.works_at, display.phone(row.phone) if row.phone else "") if part
        ),
        "dates": dates_words(row.starts_on, row.ends_on),
        "tags": tags,
        "source": source_words(row.source, row.created_by.name),
        "end_url": reverse("patients:member_end", args=[patient.pk, row.pk]) if can_end else "",
    }


def relative(user: User, patient: Patient, row: RelatedPerson) -> Item:
    today = user.organization.today()
    is_over = row.ends_on is not None and row.ends_on < today
    can_edit = user.may(Permission.PATIENT_EDIT)
    args = [patient.pk, row.pk]
    return {
        "name": row.name,
        "relationship": row.relationship,
        "phone": row.phone,
        "email": row.email,
        "tags": _relative_tags(row, is_over),
        "authority": _authority_words(patient, row, today) if row.is_proxy else "",
        "may_be_told": row.may_be_told if user.may(Permission.HISTORY_VIEW) else "",
        "dates": dates_words(row.starts_on, row.ends_on) if row.starts_on or row.ends_on else "",
        "checked": _("checked %(day)s") % {"day": display.day(row.verified_on)}
        if row.verified_on
        else _("not checked yet"),
        "is_over": is_over,
        "edit_url": reverse("patients:person_edit", args=args) if can_edit else "",
        "end_url": reverse("patients:person_end", args=args) if can_edit and not row.ends_on else "",
        "verify_url": reverse("patients:person_verify", args=args) if can_edit and not is_over else "",
        "verify_form": ConfirmForm(patient=patient, row=row, auto_id=False),
    }


def consent(user: User, patient: Patient, row: Consent) -> Item:
    state, tone = _consent_state(row, user.organization.today())
    can_revoke = user.may(Permission.CONSENT_EDIT) and row.given and row.revoked_at is None
    clinical = user.may(Permission.HISTORY_VIEW)
    return {
        "kind": row.get_kind_display(),
        "state": state,
        "tone": tone,
        "dates": dates_words(row.signed_on, row.expires_on),
        "facts": [
            {"label": label, "value": value}
            for label, value in (
                (_("What"), row.scope),
                (_("With whom"), row.recipients),
                (_("Purpose"), row.purpose),
                (_("Document"), row.document),
            )
            if value and clinical
        ],
        "by": row.created_by.name,
        "revoke_url": reverse("patients:consent_revoke", args=[patient.pk, row.pk]) if can_revoke else "",
    }


def dates_words(start: dt.date | None, end: dt.date | None) -> str:
    if end is None:
        return _("since %(day)s") % {"day": display.day(start)}
    first = display.day(start) if start else _("not known")
    return _("%(start)s to %(end)s") % {"start": first, "end": display.day(end)}


def _relative_tags(row: RelatedPerson, is_over: bool) -> list[Item]:
    tags: list[Item] = []
    if row.is_emergency_contact:
        tags.append({"text": _("Emergency contact"), "tone": "red", "icon": "phone"})
    if row.is_caregiver:
        tags.append({"text": _("Caregiver"), "tone": "violet", "icon": "user-round"})
    if is_over:
        tags.append({"text": _("Ended")})
    return tags


def _authority_words(patient: Patient, row: RelatedPerson, today: dt.date) -> str:
    """The legal basis, until when, and whether it holds today."""
    words = str(row.get_authority_display())
    if row.is_springing:
        words = _("%(basis)s, only when the patient cannot decide") % {"basis": words}
    end = row.authority_ends_on(patient.birth_date)
    if end is not None and end < today:
        return _("%(basis)s, ended %(day)s") % {"basis": words, "day": display.day(end)}
    if end is not None and row.authority == RelatedPerson.Authority.PARENT and end != row.ends_on:
        return _("%(basis)s, until the patient turns 18: %(day)s") % {"basis": words, "day": display.day(end)}
    if end is not None:
        return _("%(basis)s, until %(day)s") % {"basis": words, "day": display.day(end)}
    return (
        words
        if row.is_proxy_on(today, patient.birth_date)
        else _("%(basis)s, not yet in force") % {"basis": words}
    )


def _consent_state(row: Consent, today: dt.date) -> tuple[str, str]:
    if not row.given:
        return _("Declined"), ""
    if row.revoked_at is not None:
        return _("Revoked %(day)s") % {"day": display.day(row.revoked_at)}, "red"
    if row.expires_on is not None and row.expires_on < today:
        return _("Ended"), ""
    if row.expires_on is not None and row.expires_on <= today + dt.timedelta(days=CONSENT_WARNING_DAYS):
        return _("Ends %(day)s") % {"day": display.day_short(row.expires_on)}, "amber"
    return _("In force"), "green"
