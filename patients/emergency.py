"""Emergency access: how one patient is found by two identifiers, and the doors to a grant and to its review.

45 CFR 164.312(a)(2)(ii) asks for a way to reach a record in an emergency. Here it is one exact search, a reason, some minutes of
sight, and somebody who looks at it afterwards.
"""

import datetime as dt
import json
import time
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from coordination.accounts.models import User
from coordination.audit.models import Event
from coordination.lib.lookups import Begins
from coordination.lib.names import sort_key
from coordination.lib.paging import Order, Page, keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.sealed import Unreadable, seal, unseal
from patients.models import AccessGrant, Patient
from patients.querysets import HIDDEN, scope_of

PURPOSE = "emergency-access"
NEWEST_GRANT_FIRST: Order = [("starts_at", "desc"), ("id", "desc")]
PASS_SECONDS = 15 * 60  # as long as a proof of the second step counts


@dataclass(frozen=True)
class TwoIdentifiers:
    """What was typed: a date of birth with a family name or with a record number, never both."""

    born: dt.date
    family: str = ""
    number: str = ""

    def __str__(self) -> str:
        return f"{self.family or self.number} {self.born.isoformat()}"


def find_by_two(user: User, wanted: TwoIdentifiers) -> Patient | None:
    """The one patient of the organization with exactly these. None, one too many and a denial are the same answer."""
    people = Patient.objects.filter(organization_id=user.organization_id, birth_date=wanted.born)
    people = people.exclude(status__in=HIDDEN).exclude(pk__in=scope_of(user).denied_ids)
    name = sort_key(wanted.family)
    if not wanted.number and not name:
        return None  # signs without a letter are no name, and would fit whoever has none
    by_name = Begins("sort_name", f"{name}\x1f")
    named = people.filter(record_number=wanted.number) if wanted.number else people.filter(by_name)
    found = list(named[:2])
    return found[0] if len(found) == 1 else None


def searches_left(user: User) -> int:
    """How often the person may still search within the hour (BREAK_GLASS_SEARCHES). The audit trail keeps the count."""
    since = timezone.now() - dt.timedelta(hours=1)
    mine = Event.objects.of_organization(user.organization_id).filter(actor_id=user.pk, at__gte=since)
    return max(0, settings.BREAK_GLASS_SEARCHES - mine.filter(name="access.searched").count())


def pass_for(user: User, patient: Patient, *, by_number: bool) -> str:
    """Return a sealed pass to the form that asks for the reason: for this person, this patient, and some minutes."""
    return seal(json.dumps([str(user.pk), str(patient.pk), int(time.time()), by_number]), PURPOSE)


def read_pass(user: User, text: str) -> tuple[Patient, bool]:
    """The patient of a pass, and whether they were found by number. 404 for a stranger's, an old or an invented one."""
    try:
        user_id, patient_id, at, by_number = json.loads(unseal(text, PURPOSE))
    except (Unreadable, ValueError):
        raise Http404 from None
    if user_id != str(user.pk) or time.time() - at > PASS_SECONDS:
        raise Http404
    people = Patient.objects.filter(organization_id=user.organization_id)
    people = people.exclude(status__in=HIDDEN).exclude(pk__in=scope_of(user).denied_ids)
    return get_object_or_404(people, pk=patient_id), by_number


# --- the grant --------------------------------------------------------------------------------------------------------
def get_grant_to_end(user: User, pk: uuid.UUID) -> AccessGrant:
    """One's own emergency access, or one the person may review. 404 for any other."""
    mine = AccessGrant.objects.emergencies().select_related("user", "patient")
    grant: AccessGrant = get_object_or_404(mine, pk=pk)
    if grant.user_id == user.pk:
        return grant
    return get_review(user, pk)


def get_own_grant(user: User, pk: uuid.UUID) -> AccessGrant:
    grant: AccessGrant = get_object_or_404(AccessGrant.objects.emergencies().filter(user=user), pk=pk)
    return grant


# --- its review -------------------------------------------------------------------------------------------------------
def list_reviews(user: User, *, reviewed: bool) -> QuerySet[AccessGrant]:
    """Emergency access to patients the person may see, by others: what is theirs to review, or was reviewed."""
    require(user, Permission.ACCESS_REVIEW)
    grants = AccessGrant.objects.emergencies().visible_to(user).exclude(user=user)
    return grants.filter(reviewed_at__isnull=not reviewed).select_related("user", "patient", "reviewed_by")


def page_of_reviews(
    user: User, *, reviewed: bool, after: str | None, before: str | None
) -> Page[AccessGrant]:
    return keyset(
        list_reviews(user, reviewed=reviewed),
        order=NEWEST_GRANT_FIRST,
        after=after,
        before=before,
    )


def get_review(user: User, pk: uuid.UUID) -> AccessGrant:
    """404 for a patient out of sight and for one's own access, 403 without the right to review."""
    grants = AccessGrant.objects.emergencies().visible_to(user).exclude(user=user)
    grant: AccessGrant = get_object_or_404(grants.select_related("user", "patient", "reviewed_by"), pk=pk)
    require(user, Permission.ACCESS_REVIEW)
    return grant


def opened_during(grant: AccessGrant, *, after: str | None, before: str | None) -> Page[Event]:
    """What the person opened, changed or printed of this patient while the grant ran, in the order it happened."""
    events = Event.objects.of_organization(grant.organization_id).filter(
        patient_id=grant.patient_id, actor_id=grant.user_id, at__gte=grant.starts_at, at__lte=grant.ended_at
    )
    return keyset(events, order=[("at", "asc"), ("id", "asc")], after=after, before=before)
